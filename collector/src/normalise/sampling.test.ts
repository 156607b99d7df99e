/** How many calls a span stands for, and what each statement that cannot be read is called. */
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { callOf, type TestSpan } from './test-span.ts';

const attributes = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.usage.input_tokens': 1000,
  'gen_ai.usage.output_tokens': 100,
};

function samplingOf(told: Partial<TestSpan>): string | undefined {
  return callOf({ ...told, attributes: { ...attributes, ...told.attributes } })!.context.sampling;
}

test.for<[traceState: string, sampling: string | undefined]>([
  ['', undefined],
  ['vendor=th:8', undefined],
  ['ot=rv:d29d6a7215ced0', undefined],
  ['ot=th:0', undefined],
  ['ot=th:8', '2'],
  ['ot=th:c', '4'],
  ['ot=th:e6666666666666', '36028797018963968/3602879701896397'],
  ['ot=th:fd70a4', '4194304/41943'],
  ['ot=th:4', '4/3'],
  ['ot=th:ffffffffffffff', '72057594037927936'],
  ['other=1, ot=p:8;th:8;rv:d29d6a7215ced0 ,last=2', '2'],
  ['ot=th:8;rv:not-a-number', '2'],
  ['ot=th:c;rv:10000000000000', 'inconsistent_threshold'],
  ['ot=th:', 'bad_threshold'],
  ['ot=th:C', 'bad_threshold'],
  ['ot=th:0x8', 'bad_threshold'],
  ['ot=th:100000000000000', 'bad_threshold'],
  ['ot=th:-1', 'bad_threshold'],
])('the trace state %s says %s', ([traceState, sampling]) => {
  expect(samplingOf({ traceState })).toBe(sampling);
});

test.for<[told: TestSpan['attributes'], sampling: string | undefined]>([
  [{ SampleRate: 10 }, '10'],
  [{ SampleRate: '20' }, '20'],
  [{ sampleRate: 1 }, undefined],
  [{ SampleRate: 0 }, 'bad_sample_rate'],
  [{ SampleRate: -5 }, 'bad_sample_rate'],
  [{ SampleRate: 2.5 }, 'bad_sample_rate'],
  [{ SampleRate: 'often' }, 'bad_sample_rate'],
  [{ 'sampling.probability': 0.1 }, '10'],
  [{ 'sampling.probability': '0.75' }, '4/3'],
  [{ 'sampling.probability': 1 }, undefined],
  [{ 'sampling.probability': 0 }, 'bad_probability'],
  [{ 'sampling.probability': 1.5 }, 'bad_probability'],
  [{ 'sampling.threshold': 'c' }, '4'],
  [
    { 'sampling.threshold': 'c', 'sampling.randomness': '00000000000001' },
    'inconsistent_threshold',
  ],
  [{ 'sampling.threshold': 12 }, 'bad_threshold'],
])('the attributes %j say %s', ([told, sampling]) => {
  expect(samplingOf({ attributes: told })).toBe(sampling);
});

it('takes the trace state before attributes', () => {
  expect(samplingOf({ traceState: 'ot=th:8', attributes: { SampleRate: 10 } })).toBe('2');
});

it('does not change what is billed', () => {
  const { context: _, ...whole } = callOf({ attributes })!;
  const { context, ...sampled } = callOf({ attributes, traceState: 'ot=th:8' })!;
  expect(sampled).toEqual(whole);
  expect(context).toEqual({ sampling: '2' });
});

it('reads any trace state without a fault', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(samplingOf({ traceState: `ot=th:${text}` }) ?? '1').toMatch(/^(\d+(\/\d+)?|[a-z_]+)$/);
    }),
  );
});
