import { describe, expect, test } from 'vitest';
import { frameworkAnswerId } from './framework-answer-id.ts';

const langChain = (message: object): object => ({
  generations: [[{ text: '', message: { lc: 1, kwargs: message } }]],
});

describe('the id of the answer that a span of OpenInference shows', () => {
  test.for<[string, unknown, string | undefined]>([
    ['a response of OpenAI', { id: 'resp_1', object: 'response' }, 'resp_1'],
    ['chat completions, one of them', [{ id: 'chatcmpl-1', choices: [] }], 'chatcmpl-1'],
    ['several answers: no call has them all', [{ id: 'a' }, { id: 'b' }], undefined],
    ['a message of LangChain', langChain({ id: 'chatcmpl-1' }), 'chatcmpl-1'],
    [
      'a message of LangChain that knows the response it is part of',
      langChain({ id: 'msg_1', response_metadata: { id: 'resp_1' } }),
      'resp_1',
    ],
    ["LangChain's own ids are none of a provider", langChain({ id: 'run-1' }), undefined],
    ['nor are those of its newer versions', langChain({ id: 'lc_run--1' }), undefined],
    ['an answer without an id', { generations: [] }, undefined],
    ['an id that is no text', { id: 7 }, undefined],
  ])('%s', ([, shown, id]) => {
    const attributes = { 'openinference.span.kind': 'LLM', 'output.value': JSON.stringify(shown) };
    expect(frameworkAnswerId(attributes)).toBe(id);
  });

  test.for<[string, Record<string, string>]>([
    ['a span that is no call', { 'openinference.span.kind': 'AGENT' }],
    ['a span that has an id', { 'gen_ai.response.id': 'resp_2' }],
    ['a text that is no JSON', { 'output.value': 'It is fine.' }],
    ['an output that was left out', { 'output.value': '__REDACTED__' }],
  ])('%s gets none', ([, more]) => {
    const attributes = { 'openinference.span.kind': 'LLM', 'output.value': '{"id":"resp_1"}' };
    expect(frameworkAnswerId({ ...attributes, ...more })).toBeUndefined();
  });
});
