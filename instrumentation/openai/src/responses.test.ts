import { Content } from '@ai-cost-profiler/core/content.ts';
import { describe, expect, test } from 'vitest';
import { BackgroundResponses } from './background-responses.ts';
import { Remembered } from './remembered.ts';
import { type ResponseMemory, ResponseReader } from './responses.ts';

const memory = (): ResponseMemory => ({
  background: new BackgroundResponses(),
  containers: new Remembered(10),
  batchFiles: new Remembered(10),
});
const readerOf = (body: object = {}, kept = memory()): ResponseReader => {
  const origin = { provider: 'openai', attributes: {} };
  return new ResponseReader(
    { body: { model: 'm', ...body }, origin, content: new Content({}) },
    kept,
  );
};
const search = (action?: object) => ({ type: 'web_search_call', action });
const run = (container: string) => ({ type: 'code_interpreter_call', container_id: container });

const told = (usage: object | undefined): object =>
  Object.fromEntries(Object.entries(usage ?? {}).filter(([, value]) => value !== undefined));

describe('built-in tools of a response', () => {
  test.for([
    [
      'searches, and not the pages that were opened',
      [search({ type: 'search' }), search({ type: 'open_page' })],
      { webSearches: 1 },
    ],
    ['searches of older answers, which name no action', [search(), search()], { webSearches: 2 }],
    [
      'each file search',
      [{ type: 'file_search_call' }, { type: 'file_search_call' }],
      { fileSearches: 2 },
    ],
    ['a container once', [run('a'), run('a'), run('b')], { codeSessions: 2 }],
    ['nothing where none was called', [{ type: 'message' }], {}],
  ] as const)('count %s', ([, output, expected]) => {
    expect(told(readerOf().readWhole({ output }).usage)).toEqual(expected);
  });

  test('are as the answer itself counts them', () => {
    const answer = { output: [search()], tool_usage: { web_search: { num_requests: 3 } } };
    expect(told(readerOf().readWhole(answer).usage)).toEqual({ webSearches: 3 });
  });

  test('go on in a container that was counted', () => {
    const kept = memory();
    expect(told(readerOf({}, kept).readWhole({ output: [run('a')] }).usage)).toEqual({
      codeSessions: 1,
    });
    expect(told(readerOf({}, kept).readWhole({ output: [run('a')] }).usage)).toEqual({});
  });

  test('are counted once in a stream, whose end repeats them', () => {
    const reader = readerOf();
    const output = [search(), run('a')];
    for (const item of output) reader.readChunk({ type: 'response.output_item.done', item });
    reader.readChunk({ type: 'response.completed', response: { id: 'r', output } });
    expect(told(reader.readStreamed().usage)).toEqual({ webSearches: 1, codeSessions: 1 });
  });

  test('are not told of a stream that is cut, whose tokens nobody knows, and a container can still be counted', () => {
    const kept = memory();
    const reader = readerOf({}, kept);
    reader.readChunk({ type: 'response.created', response: { id: 'r' } });
    for (const item of [search(), run('a')]) {
      reader.readChunk({ type: 'response.output_item.done', item });
    }
    expect(reader.readStreamed()).toMatchObject({ id: 'r', usage: undefined });
    expect(told(readerOf({}, kept).readWhole({ output: [run('a')] }).usage)).toEqual({
      codeSessions: 1,
    });
  });

  test('made images that another model charges for', () => {
    const usage = {
      input_tokens: 50,
      input_tokens_details: { text_tokens: 10, image_tokens: 40 },
      output_tokens: 272,
    };
    const answer = {
      id: 'r',
      tools: [{ type: 'image_generation', model: 'gpt-image-1' }],
      tool_usage: { image_gen: usage },
      usage: { input_tokens: 5, output_tokens: 6 },
    };
    const { innerCalls, usage: own } = readerOf().readWhole(answer);
    expect(told(own)).toEqual({ inputTokens: 5, outputTokens: 6 });
    expect(innerCalls).toMatchObject([
      {
        id: 'r/image_generation',
        model: 'gpt-image-1',
        usage: { inputTokens: 50, inputImageTokens: 40, outputTokens: 272, outputImageTokens: 272 },
      },
    ]);
  });
});

describe('the end of a response', () => {
  test.for([
    ['completed', { status: 'completed' }, ['completed'], undefined],
    [
      'cut short',
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      ['max_output_tokens'],
      undefined,
    ],
    ['failed', { status: 'failed', error: { code: 'server_error' } }, ['failed'], 'server_error'],
    ['still under way', { status: 'queued' }, [], undefined],
  ] as const)('%s', ([, answer, finishReasons, errorType]) => {
    expect(readerOf().readWhole(answer)).toMatchObject({ finishReasons, errorType });
  });

  test('how much a search reads is told by the answer, else by the request', () => {
    const tools = [{ type: 'web_search_preview', search_context_size: 'low' }];
    const sizeOf = (body: object, answer: object) =>
      readerOf(body).readWhole(answer).conditions?.searchContextSize;
    expect(
      sizeOf({ tools }, { tools: [{ type: 'web_search', search_context_size: 'medium' }] }),
    ).toBe('medium');
    expect(sizeOf({ tools }, {})).toBe('low');
    expect(sizeOf({}, {})).toBeUndefined();
  });
});
