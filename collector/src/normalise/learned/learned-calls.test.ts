/** What is learned of a kind of span must be what its dialects say of each such span. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTracesJson } from '../../decode/decode-json.ts';
import { SpanView } from '../../decode/span-view.ts';
import type { Call } from '../call.ts';
import type { SpanFacts } from '../dialect.ts';
import { DIALECTS } from '../dialects.ts';
import { listFixtures } from '../fixture.ts';
import { Normaliser } from '../normalise.ts';

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: string | number; doubleValue?: number };
}

const requests = listFixtures().map(({ request }) => request.toString('utf8'));

/** The calls of a request's spans as `normaliser` gives them; without shapes nothing can be learned. */
function callsOf(
  normaliser: Normaliser,
  request: string,
  { isShaped }: { isShaped: boolean },
): (Call | undefined)[] {
  const calls: (Call | undefined)[] = [];
  const outcome = decodeTracesJson(
    Buffer.from(request),
    {
      span: (view: SpanView) => {
        if (!isShaped) view.shape = undefined;
        calls.push(normaliser.normalise(view));
      },
    },
    undefined,
    isShaped ? shaped : undefined,
  );
  if (!outcome.ok) throw outcome.error;
  return calls;
}

/** One view for all requests: what was learned is remembered by the shapes that it has shown. */
const shaped = new SpanView();
const learner = new Normaliser(DIALECTS);
const reference = new Normaliser(DIALECTS);

/** Counts that stand to each other as counts do, and as they should not. */
const count = fc.oneof(
  fc.integer({ min: 0, max: 20 }),
  fc.integer({ min: 0, max: 100_000 }),
  fc.constantFrom(-1, 2 ** 48, 2 ** 48 + 1, '9223372036854775807'),
);
const text = fc.constantFrom(
  'none',
  '',
  '12',
  '"quoted"',
  'other',
  'gpt-4o',
  'anthropic',
  'x'.repeat(600),
);

function changed(value: Attribute['value'], dice: fc.GeneratorValue): Attribute['value'] {
  const roll = dice(fc.integer, { min: 0, max: 9 });
  if (value.intValue !== undefined) {
    if (roll === 0) return { stringValue: String(value.intValue) };
    return roll < 7 ? { intValue: dice(() => count) } : value;
  }
  if (value.stringValue !== undefined && roll === 0) return { stringValue: dice(() => text) };
  return value;
}

/** The same request with other values here and there. */
function mutated(request: string, dice: fc.GeneratorValue): string {
  return JSON.stringify(JSON.parse(request), (key, value) =>
    key === 'attributes' && Array.isArray(value)
      ? (value as Attribute[]).map((one) => ({ ...one, value: changed(one.value, dice) }))
      : value,
  );
}

describe('what was learned of a kind of span', () => {
  it('is what the dialects say of every recorded and constructed span', () => {
    for (const request of [...requests, ...requests]) {
      expect(callsOf(learner, request, { isShaped: true })).toEqual(
        callsOf(reference, request, { isShaped: false }),
      );
    }
  }, 60_000);

  it('is what the dialects say of such spans with other values', () => {
    fc.assert(
      fc.property(fc.nat(requests.length - 1), fc.gen(), (which, dice) => {
        const request = mutated(requests[which]!, dice);
        expect(callsOf(learner, request, { isShaped: true })).toEqual(
          callsOf(reference, request, { isShaped: false }),
        );
      }),
      { numRuns: Number(process.env['AICOST_FUZZ_RUNS'] ?? 500) },
    );
  }, 600_000);

  it('spares the dialects: they are asked once for a thousand spans with other counts and ids', () => {
    const { normaliser, asked } = countingNormaliser();
    const calls = callsOf(normaliser, requestOfChats(1_000), { isShaped: true });
    expect(calls[999]).toMatchObject({ responseId: 'chatcmpl-999', usage: { inputTokens: 999n } });
    expect(asked()).toBeLessThan(5);
  });

  it('is kept while views take turns, as those of traces and of logs do', () => {
    const { normaliser, asked } = countingNormaliser();
    const views = [new SpanView(), new SpanView()];
    for (let turn = 0; turn < 100; turn++) {
      const span = (view: SpanView) => void normaliser.normalise(view);
      const body = Buffer.from(requestOfChats(1));
      decodeTracesJson(body, { span }, undefined, views[turn % views.length]!);
    }
    expect(asked()).toBeLessThan(10);
  });
});

/** `asked` says how often a dialect read a span. */
function countingNormaliser(): { normaliser: Normaliser; asked: () => number } {
  let asked = 0;
  const counting = DIALECTS.map((definition) => ({
    ...definition,
    create: (...keys: Parameters<typeof definition.create>) => {
      const dialect = definition.create(...keys);
      return {
        name: dialect.name,
        triggers: dialect.triggers,
        recognises: dialect.recognises.bind(dialect),
        read: (facts: SpanFacts) => {
          asked += 1;
          return dialect.read(facts);
        },
      };
    },
  }));
  return { normaliser: new Normaliser(counting), asked: () => asked };
}

function requestOfChats(count: number): string {
  const spans = Array.from({ length: count }, (_, i) => ({
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: '0000000000000001',
    startTimeUnixNano: '1787227200000000000',
    attributes: [
      { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } },
      { key: 'gen_ai.response.id', value: { stringValue: `chatcmpl-${i}` } },
      { key: 'gen_ai.usage.input_tokens', value: { intValue: i } },
      { key: 'user.id', value: { stringValue: `user-${i}` } },
    ],
  }));
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
}
