import { Content, type ContentMode } from '@ai-cost-profiler/core/content.ts';
import { describe, expect, test } from 'vitest';
import { ChatReader } from './chat.ts';

function readerOf(body: object, content: ContentMode = 'off'): ChatReader {
  const call = {
    body: { model: 'm', ...body },
    origin: { provider: 'openai', attributes: {} },
    content: new Content({ content, fingerprintKey: 'a secret of sixteen bytes' }),
  };
  return new ChatReader(call, 'chat');
}

const piece = (index: number, delta: object, reason: string | null = null) => ({
  choices: [{ index, delta, finish_reason: reason }],
});

describe('a chat completion', () => {
  test('tells why each of its choices ended, in their order', () => {
    const reader = readerOf({ n: 3 });
    for (const chunk of [
      piece(2, {}, 'length'),
      piece(0, {}, 'stop'),
      piece(1, { content: 'a' }),
    ]) {
      reader.readChunk(chunk);
    }
    expect(reader.readStreamed().finishReasons).toEqual(['stop', 'length']);
  });

  test.for([
    ['gpt-4o-search-preview', 1],
    ['gpt-5-search-api-2025-10-14', 1],
    ['gpt-4o', undefined],
  ] as const)('of %s makes %s searches', ([model, webSearches]) => {
    const answer = { usage: { prompt_tokens: 5, completion_tokens: 6 } };
    expect(readerOf({ model }).readWhole(answer).usage?.webSearches).toBe(webSearches);
  });

  test('tells how much its searches read', () => {
    const body = { web_search_options: { search_context_size: 'high' } };
    expect(readerOf(body).readWhole({}).conditions?.searchContextSize).toBe('high');
    const answer = { usage: { search_context_size: 'low' } };
    expect(readerOf(body).readWhole(answer).conditions?.searchContextSize).toBe('low');
  });

  test('of Groq tells the usage of a stream in its own place', () => {
    const reader = readerOf({});
    reader.readChunk({ ...piece(0, {}, 'stop'), x_groq: { usage: { prompt_tokens: 5 } } });
    expect(reader.readStreamed().usage).toMatchObject({ inputTokens: 5 });
  });

  test('without usage tells none', () => {
    expect(readerOf({}).readWhole({ id: 'a', model: '' })).toMatchObject({
      id: 'a',
      model: undefined,
      usage: undefined,
    });
  });

  test.for([
    ['asked for by us', true, [], { prompt_tokens: 1 }, 'hide'],
    ['asked for by the application', false, [], { prompt_tokens: 1 }, undefined],
    ['with choices', true, [{}], { prompt_tokens: 1 }, undefined],
    ['of a filter, without usage', true, [], null, undefined],
  ] as const)('a chunk %s', ([, isAsked, choices, usage, seen]) => {
    const reader = readerOf({});
    reader.isUsageAsked = isAsked;
    expect(reader.readChunk({ choices, usage })).toBe(seen);
  });
});

describe('its words', () => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What?' },
        { type: 'image_url', image_url: { url: 'data:…' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', function: { name: 'f', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'c', content: '42' },
  ];
  const written = (reader: ChatReader) =>
    JSON.parse(String(reader.request.attributes?.['gen_ai.input.messages'])) as unknown;

  test('are told in the shape of the conventions, without the bytes of pictures', () => {
    expect(written(readerOf({ messages }, 'on'))).toEqual([
      { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
      { role: 'user', parts: [{ type: 'text', content: 'What?' }, { type: 'image_url' }] },
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'c', name: 'f', arguments: '{}' }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c', response: '42' }] },
    ]);
  });

  test('are put together from a stream, with the tools that were called', () => {
    const reader = readerOf({ messages }, 'on');
    const call = (more: object) => ({ tool_calls: [{ index: 0, ...more }] });
    reader.readChunk(piece(0, { content: 'Let me ' }));
    reader.readChunk(piece(0, { content: 'see.' }));
    reader.readChunk(piece(0, call({ id: 'c', function: { name: 'f', arguments: '{"a"' } })));
    reader.readChunk(piece(0, call({ function: { arguments: ':1}' } }), 'tool_calls'));
    const told = reader.readStreamed().attributes?.['gen_ai.output.messages'];
    expect(JSON.parse(String(told))).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'text', content: 'Let me see.' },
          { type: 'tool_call', id: 'c', name: 'f', arguments: '{"a":1}' },
        ],
        finish_reason: 'tool_calls',
      },
    ]);
  });

  test.for(['off', 'fingerprint'] as const)('are not told where content is %s', (content) => {
    const reader = readerOf({ messages }, content);
    const told = JSON.stringify([
      reader.request.attributes,
      reader.readWhole(piece(0, { content: 'secret' })),
    ]);
    expect(told).not.toMatch(/brief|What|secret/);
    expect(told.includes('aicost.prompt.fingerprint')).toBe(content === 'fingerprint');
  });
});
