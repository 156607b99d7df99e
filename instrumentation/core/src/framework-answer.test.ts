import { describe, expect, test } from 'vitest';
import { frameworkAnswer } from './framework-answer.ts';

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
    expect(frameworkAnswer(attributes)['gen_ai.response.id']).toBe(id);
  });

  test.for<[string, Record<string, string>]>([
    ['a span that is no call', { 'openinference.span.kind': 'AGENT' }],
    ['a span that has an id', { 'gen_ai.response.id': 'resp_2' }],
    ['a text that is no JSON', { 'output.value': 'It is fine.' }],
    ['an output that was left out', { 'output.value': '__REDACTED__' }],
  ])('%s gets none', ([, more]) => {
    const attributes = { 'openinference.span.kind': 'LLM', 'output.value': '{"id":"resp_1"}' };
    expect(frameworkAnswer({ ...attributes, ...more })).toEqual({});
  });
});

describe('the provider of the answer', () => {
  const output = (model_provider: string): string =>
    JSON.stringify(langChain({ id: 'chatcmpl-1', response_metadata: { model_provider } }));

  test.for<[string, Record<string, string>, string | undefined]>([
    ['is told as LangChain does', { 'output.value': output('openai') }, 'openai'],
    ['is told as the span does in words of its own', { 'llm.provider': 'anthropic' }, 'anthropic'],
    ['is not told against them', { 'llm.provider': 'azure' }, undefined],
    ['is left where it is told already', { 'gen_ai.provider.name': 'x' }, undefined],
    [
      'is not told in words that only LangChain knows',
      { 'output.value': output('mistralai') },
      undefined,
    ],
  ])('%s', ([, more, provider]) => {
    const told = { 'openinference.span.kind': 'LLM', 'output.value': output('openai') };
    const added = frameworkAnswer({ ...told, ...more });
    expect(added['gen_ai.response.id']).toBe('chatcmpl-1');
    expect(added['gen_ai.provider.name']).toBe(provider);
  });
});
