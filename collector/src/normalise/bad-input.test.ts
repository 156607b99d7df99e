/**
 * What cannot be read, by many emitters: each has a name, and nothing is left out in silence. A call is billed for what
 * it tells, or its cost is unknown for the reason that is told.
 */
import { describe, expect, test } from 'vitest';
import { chargeCall } from '../price/charge-call.ts';
import { loadPriceBook } from '../price/load-book.ts';
import { callOf, type TestSpan } from './test-span.ts';

const BOOK = loadPriceBook();
const AT_NS = 1_787_227_200_000_000_000n;
type Value = TestSpan['attributes'][string];

const MODEL = 'gpt-4o-2024-08-06';
const OTEL = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': MODEL,
};

/** A call with ten tokens out, whose count of input tokens is `input`. */
const EMITTERS: Readonly<Record<string, (input: Value) => TestSpan>> = {
  otel_genai: (input) => ({
    attributes: { ...OTEL, 'gen_ai.usage.input_tokens': input, 'gen_ai.usage.output_tokens': 10 },
  }),
  openllmetry: (input) => ({
    scope: 'opentelemetry.instrumentation.openai.v1',
    attributes: {
      ...OTEL,
      'llm.request.type': 'chat',
      'gen_ai.usage.prompt_tokens': input,
      'gen_ai.usage.completion_tokens': 10,
    },
  }),
  openinference: (input) => ({
    scope: 'openinference.instrumentation.openai',
    attributes: {
      'openinference.span.kind': 'LLM',
      'llm.provider': 'openai',
      'llm.model_name': MODEL,
      'llm.token_count.prompt': input,
      'llm.token_count.completion': 10,
    },
  }),
  vercel_ai: (input) => ({
    scope: 'ai',
    attributes: {
      'ai.operationId': 'ai.generateText.doGenerate',
      'ai.model.provider': 'openai.chat',
      'ai.model.id': MODEL,
      'ai.usage.inputTokens': input,
      'ai.usage.outputTokens': 10,
    },
  }),
  spring_ai: (input) => ({
    scope: 'org.springframework.boot',
    attributes: { ...OTEL, 'gen_ai.usage.input_tokens': input, 'gen_ai.usage.output_tokens': '10' },
  }),
  microsoft: (input) => ({
    scope: 'Experimental.Microsoft.Extensions.AI',
    attributes: { ...OTEL, 'gen_ai.usage.input_tokens': input, 'gen_ai.usage.output_tokens': 10 },
  }),
  codex: (input) => ({
    name: 'codex.sse_event',
    attributes: {
      'event.name': 'codex.sse_event',
      'event.kind': 'response.completed',
      model: 'gpt-5-codex',
      input_token_count: input,
      output_token_count: 10,
    },
  }),
};

const PYTHON = "{'cached_tokens': 3}";
const VALUES: readonly (readonly [what: string, value: Value, result: string])[] = [
  ['digits in a text', '12', '12 in'],
  ['digits between blanks', ' 12 ', '12 in'],
  ['a whole double', 12.0, '12 in'],
  ['a word', 'many', 'unknown: count_not_a_number'],
  ['a number in quotes within a text', '"12"', 'unknown: count_not_a_number'],
  ['an object as Python prints it', PYTHON, 'unknown: count_not_a_number'],
  ['an object as JSON', '{"tokens":12}', 'unknown: count_not_a_number'],
  ['a bool', true, 'unknown: count_not_a_number'],
  ['NaN', Number.NaN, 'unknown: count_is_nan'],
  ['infinity', Number.POSITIVE_INFINITY, 'unknown: count_over_limit'],
  ['a negative number', -5, 'unknown: count_negative'],
  ['a negative number in a text', '-5', 'unknown: count_negative'],
  ['a fraction', 1.5, 'unknown: count_not_whole'],
  ['a fraction in a text', '1.5', 'unknown: count_not_whole'],
  ['2^63 - 1', 2n ** 63n - 1n, 'unknown: count_over_limit'],
  ['2^63 as a double', 2 ** 63, 'unknown: count_over_limit'],
  ['2^63 in a text', String(2n ** 63n), 'unknown: count_over_limit'],
];

function resultOf(span: TestSpan): string {
  const call = callOf(span)!;
  const { costAtto, unpricedReason, unpricedDetail } = chargeCall(BOOK, call, AT_NS);
  expect(call.role).toBe('leaf');
  if (call.usage !== undefined) {
    expect(costAtto).toBeGreaterThan(0n);
    return `${call.usage.inputTokens} in`;
  }
  expect([unpricedReason, unpricedDetail]).toEqual(['no_usage', call.missingUsageReason]);
  return `unknown: ${call.missingUsageReason}`;
}

describe.for(Object.entries(EMITTERS))('%s', ([dialect, emit]) => {
  test.for(VALUES)('%s where a count belongs', ([, value, result]) => {
    expect(callOf(emit(value))!.dialect).toBe(dialect);
    expect(resultOf(emit(value))).toBe(result);
  });

  test('a word for nothing is a count that was not told', () => {
    for (const word of ['', 'none', 'None', 'null']) {
      expect(callOf(emit(word))!.usage?.inputTokens).toBeUndefined();
    }
  });

  test('attributes that the limit of an SDK left out', () => {
    const whole = { ...emit(12), droppedAttributesCount: 3 };
    expect(resultOf(whole)).toBe('12 in');
    expect(callOf(whole)!.usage!.evidence).toContain('attributes were dropped');
    const { attributes } = emit(12);
    const cut = Object.entries(attributes).filter(([key]) => !/(output|completion)/.test(key));
    const half = { ...whole, attributes: Object.fromEntries(cut) };
    expect(resultOf(half)).toBe('unknown: attribute_limit');
    const none = cut.filter(([key]) => !/(token|inputTokens)/.test(key) || key.endsWith('.kind'));
    const nothing = { ...whole, attributes: Object.fromEntries(none) };
    expect(resultOf(nothing)).toBe('unknown: attribute_limit');
  });

  test('a usage key that nobody knows changes nothing of what is known', () => {
    const { attributes, ...span } = emit(12);
    const more = { ...attributes, 'gen_ai.usage.quantum_tokens': 7 };
    expect(resultOf({ ...span, attributes: more })).toBe('12 in');
  });
});

describe('usage as an object in a text', () => {
  const langfuse = (details: string): TestSpan => ({
    scope: 'langfuse-sdk',
    name: 'OpenAI.chat',
    attributes: {
      'langfuse.observation.type': 'generation',
      'langfuse.observation.model.name': MODEL,
      'langfuse.observation.usage_details': details,
    },
  });
  const mlflow = (usage: string): TestSpan => ({
    attributes: {
      'mlflow.spanType': '"CHAT_MODEL"',
      'mlflow.llm.provider': '"openai"',
      'mlflow.llm.model': `"${MODEL}"`,
      'mlflow.chat.tokenUsage': usage,
    },
  });
  const genkit = (output: string): TestSpan => ({
    scope: 'genkit-tracer',
    attributes: {
      'genkit:metadata:subtype': 'model',
      'genkit:name': `openai/${MODEL}`,
      'genkit:output': output,
    },
  });

  test.for<[what: string, span: TestSpan, result: string]>([
    ['as it should be', langfuse('{"input":12,"output":10}'), '12 in'],
    ['JSON in JSON', langfuse(JSON.stringify('{"input":12,"output":10}')), '12 in'],
    ['JSON in JSON', mlflow(JSON.stringify('{"input_tokens":12,"output_tokens":10}')), '12 in'],
    ['digits in texts', mlflow('{"input_tokens":"12","output_tokens":"10"}'), '12 in'],
    [
      'a key nobody knows',
      langfuse('{"input":12,"output":10,"quanta":7}'),
      'unknown: unknown_usage: quanta',
    ],
    ['a word', langfuse('{"input":"many","output":10}'), 'unknown: count_not_a_number'],
    ['a negative', langfuse('{"input":-1,"output":10}'), 'unknown: count_negative'],
    ['a negative', mlflow('{"input_tokens":-1,"output_tokens":10}'), 'unknown: count_negative'],
    [
      'a fraction',
      genkit('{"usage":{"inputTokens":1.5,"outputTokens":10}}'),
      'unknown: count_not_whole',
    ],
    [
      '2^63',
      mlflow(`{"input_tokens":${2n ** 63n},"output_tokens":10}`),
      'unknown: count_over_limit',
    ],
    ['cut off', mlflow('{"input_tokens":12,"outp'), 'unknown: usage_not_readable'],
    ['cut off', genkit('{"message":{},"usage":{"inputTok'), 'unknown: usage_not_readable'],
    ['no object', mlflow('12'), 'unknown: usage_not_readable'],
  ])('%s', ([, span, result]) => {
    expect(resultOf(span)).toBe(result);
  });
});

test.for<[dialect: string, span: TestSpan]>([
  ['sentry', { attributes: { ...OTEL, 'sentry.op': 'gen_ai.chat' } }],
  ['otel_genai', { attributes: OTEL }],
  ['laminar', { scope: 'lmnr.sdk', attributes: { ...OTEL, 'lmnr.span.type': 'LLM' } }],
])('%s: a key that is both a leaf and a prefix of others', ([dialect, { attributes, ...span }]) => {
  const call = callOf({
    ...span,
    attributes: {
      ...attributes,
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.input_tokens.cached': 40,
      'gen_ai.usage.output_tokens': 10,
      'gen_ai.usage.output_tokens.reasoning': 4,
    },
  })!;
  // Whoever writes them, Sentry's names are known.
  expect(call.usage?.buckets).toMatchObject({
    in_uncached: 60n,
    in_cache_read: 40n,
    out_reasoning: 4n,
  });
  expect([dialect, 'sentry']).toContain(call.dialect);
});
