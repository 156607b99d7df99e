import { Content } from '@ai-cost-profiler/core/content.ts';
import { describe, expect, it, test } from 'vitest';
import { MessageReader, type Serving } from './message-reader.ts';
import type { MessageEvent } from './message-shapes.ts';

const REQUEST = { operation: 'chat', provider: 'anthropic', model: 'claude-x' };
const SERVING: Serving = { served: { region: undefined }, content: new Content({}) };

const read = (events: readonly MessageEvent[], serving = SERVING) => {
  const reader = new MessageReader(REQUEST, serving);
  for (const event of events) reader.readChunk(event);
  return reader.readStreamed();
};

const START: MessageEvent = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    model: 'claude-x',
    usage: { input_tokens: 5, output_tokens: 1, server_tool_use: { web_search_requests: 0 } },
  },
};
const END: MessageEvent = {
  type: 'message_delta',
  delta: { stop_reason: 'end_turn' },
  usage: { output_tokens: 9, server_tool_use: { web_search_requests: 2 } },
};

describe('what a stream tells', () => {
  it('is the usage of its end, with the input of its beginning', () => {
    expect(read([START, END])).toMatchObject({
      id: 'msg_1',
      model: 'claude-x',
      finishReasons: ['end_turn'],
      usage: { inputTokens: 5, outputTokens: 9, webSearches: 2 },
    });
  });

  it('is no output, and nothing of tools, until the message has ended', () => {
    const { usage, finishReasons } = read([START]);
    expect(usage).toMatchObject({ inputTokens: 5 });
    expect([usage?.outputTokens, usage?.webSearches, finishReasons]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is nothing where nothing came', () => {
    expect(read([])).toEqual({ attributes: {} });
  });

  it('is the model that made the rest of the message', () => {
    const block = { type: 'fallback', to: { model: 'claude-y' } };
    const told = read([START, { type: 'content_block_start', content_block: block }, END]);
    expect(told.model).toBe('claude-y');
  });

  it('is the model as its platform names it', () => {
    const told = read([START, END], { ...SERVING, model: 'eu.anthropic.claude-x-v1:0' });
    expect(told.model).toBe('eu.anthropic.claude-x-v1:0');
  });

  it.each([
    ['code_execution', 2],
    ['bash_code_execution', 2],
    ['web_search', undefined],
  ])('counts runs of the tool %s: %s', (name, count) => {
    const block = { type: 'server_tool_use', name };
    const run: MessageEvent = { type: 'content_block_start', content_block: block };
    expect(read([START, run, run, END]).usage?.codeExecutions).toBe(count);
  });

  test.for<[MessageEvent, string]>([
    [{ type: 'error', error: { type: 'overloaded_error' } }, 'overloaded_error'],
    [{ type: 'error' }, 'error'],
  ])('is the failure of the event %j', ([event, type]) => {
    expect(read([START, event])).toMatchObject({ errorType: type, usage: { inputTokens: 5 } });
  });

  it('is nothing of events that nobody knows', () => {
    expect(read([START, { type: 'new_event' }, { type: 'ping' }, END])).toEqual(read([START, END]));
  });
});

describe('a whole message', () => {
  const reader = new MessageReader(REQUEST, SERVING);

  it('without usage tells the rest', () => {
    const told = reader.readWhole({ id: 'msg_1', model: 'claude-x', stop_reason: 'refusal' });
    expect(told).toMatchObject({ id: 'msg_1', finishReasons: ['refusal'] });
    expect(told).not.toHaveProperty('usage');
  });

  it('is not changed', () => {
    const message = Object.freeze({ id: 'msg_1', usage: Object.freeze({ input_tokens: 1 }) });
    expect(reader.readWhole(message).usage).toMatchObject({ inputTokens: 1 });
  });
});
