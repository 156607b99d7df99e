import { describe, expect, it, test } from 'vitest';
import { outputOf, promptOf } from './message-content.ts';
import type { ContentBlock } from './message-shapes.ts';
import { StreamedContent } from './streamed-content.ts';

const partOf = (block: ContentBlock): unknown =>
  promptOf({ messages: [{ role: 'user', content: [block] }] }).messages[0]!.parts[0];

const PNG = { type: 'base64', media_type: 'image/png', data: 'iVBO' };

describe('the content of a prompt in the conventions', () => {
  it('is its system text, its messages, and its tools', () => {
    const request = {
      system: 'Be kind.',
      messages: [{ role: 'user', content: 'Hi' }],
      tools: [{ name: 't' }],
    };
    expect(promptOf(request)).toEqual({
      system: [{ type: 'text', content: 'Be kind.' }],
      messages: [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }],
      tools: [{ name: 't' }],
    });
  });

  test.for<[ContentBlock, object]>([
    [
      { type: 'thinking', thinking: 'Hm.', signature: 's' },
      { type: 'reasoning', content: 'Hm.' },
    ],
    [
      { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Oslo' } },
      { type: 'tool_call', id: 'a', name: 'weather', arguments: { city: 'Oslo' } },
    ],
    [
      { type: 'image', source: PNG },
      { type: 'blob', modality: 'image', mime_type: 'image/png' },
    ],
    [
      { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
      { type: 'uri', modality: 'image', uri: 'https://x/y.png' },
    ],
    [
      { type: 'document', source: { type: 'file', file_id: 'file_1' } },
      { type: 'file', modality: 'document', file_id: 'file_1' },
    ],
    [
      {
        type: 'document',
        title: 'T',
        source: { type: 'content', content: [{ type: 'image', source: PNG }] },
      },
      {
        type: 'document',
        title: 'T',
        source: {
          type: 'content',
          content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png' } }],
        },
      },
    ],
    [
      {
        type: 'tool_result',
        tool_use_id: 'a',
        content: [
          { type: 'text', text: 'Here' },
          { type: 'image', source: PNG },
        ],
      },
      {
        type: 'tool_call_response',
        id: 'a',
        response: [
          { type: 'text', content: 'Here' },
          { type: 'blob', modality: 'image', mime_type: 'image/png' },
        ],
      },
    ],
    [
      { type: 'search_result', title: 'T' },
      { type: 'search_result', title: 'T' },
    ],
  ])('is of %j', ([block, part]) => {
    expect(partOf(block)).toEqual(part);
  });

  it('has results of tools as messages of tools', () => {
    const content = [{ type: 'tool_result', tool_use_id: 'a', content: 'Rain' }];
    expect(promptOf({ messages: [{ role: 'user', content }] }).messages).toEqual([
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'a', response: 'Rain' }] },
    ]);
  });
});

it('an answer tells why it ended', () => {
  expect(outputOf([{ type: 'text', text: 'Fine.' }], 'end_turn')).toEqual([
    {
      role: 'assistant',
      parts: [{ type: 'text', content: 'Fine.' }],
      finish_reason: 'end_turn',
    },
  ]);
});

describe('the content of a stream', () => {
  it('is put together from its pieces', () => {
    const content = new StreamedContent();
    content.begin(0, { type: 'text', text: '' });
    content.add(0, { type: 'text_delta', text: 'It is ' });
    content.begin(1, { type: 'tool_use', id: 'a', name: 'weather', input: {} });
    content.add(1, { type: 'input_json_delta', partial_json: '{"city":' });
    content.add(0, { type: 'text_delta', text: 'fine.' });
    content.add(1, { type: 'input_json_delta', partial_json: '"Oslo"}' });
    content.add(1, { type: 'signature_delta', signature: 's' });
    expect(content.blocks()).toEqual([
      { type: 'text', text: 'It is fine.' },
      { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Oslo' } },
    ]);
  });

  it('keeps as text what was cut off in the middle of JSON', () => {
    const content = new StreamedContent();
    content.begin(0, { type: 'tool_use', id: 'a', name: 'weather', input: {} });
    content.add(0, { type: 'input_json_delta', partial_json: '{"ci' });
    expect(content.blocks()).toMatchObject([{ input: '{"ci' }]);
  });

  it('has no block that never began', () => {
    const content = new StreamedContent();
    content.add(3, { type: 'text_delta', text: 'lost' });
    content.begin(2, { type: 'text', text: 'x' });
    expect(content.blocks()).toEqual([{ type: 'text', text: 'x' }]);
  });
});
