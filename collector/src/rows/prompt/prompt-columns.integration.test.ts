/** Prompts by the whole road: what is stored of them, with content stored or not. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../../test-ledger.ts';
import { chat, type TestSpan } from '../../test-road.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
});
afterAll(() => ledger.remove());

interface Stored {
  span: number;
  maker: string;
  sketch: string;
  boundaries: string;
  content: string;
}

const messages = (...contents: string[]): string =>
  JSON.stringify(contents.map((content) => ({ role: 'user', parts: [{ type: 'text', content }] })));
const TEXT = 'what is the weather like in Oslo today and tomorrow';
const TOLD = Buffer.alloc(128, 7);

/** The same prompt as several emitters tell it, then what is none. */
const SPANS: TestSpan[] = [
  { span: 1, attributes: chat(5, { 'gen_ai.input.messages': messages('Be kind.', TEXT) }) },
  { span: 2, attributes: chat(5, { 'gen_ai.input.messages': messages('Be kind.', 'Bye') }) },
  {
    span: 3,
    attributes: chat(5, {
      'gen_ai.prompt.0.role': 'user',
      'gen_ai.prompt.0.content': 'Be kind.',
      'gen_ai.prompt.1.content': TEXT,
    }),
  },
  {
    span: 4,
    attributes: chat(5, {
      'aicost.prompt.fingerprint': `m1.${TOLD.toString('base64url')}`,
      'aicost.prompt.boundaries': 'abcdefgh.5',
    }),
  },
  { span: 5, attributes: chat(5, { 'aicost.prompt.fingerprint': 'm1.nonsense' }) },
  { span: 6, attributes: chat(5, {}) },
  { span: 7, attributes: { 'gen_ai.input.messages': messages(TEXT) } },
];

async function stored(trace: number): Promise<Stored[]> {
  await ledger.send(SPANS.map((span) => ({ ...span, trace, span: trace * 100 + span.span })));
  return ledger.store.query<Stored>(
    `SELECT toInt32(reinterpretAsUInt64(reverse(unhex(span_id))) % 100) AS span, prompt_maker AS maker,
      hex(prompt_sketch) AS sketch, prompt_boundaries AS boundaries, attributes['gen_ai.input.messages'] AS content
     FROM aicost.spans WHERE reinterpretAsUInt64(reverse(unhex(span_id))) BETWEEN ${trace * 100} AND ${trace * 100 + 99} ORDER BY span`,
  );
}

it('a prompt is sketched wherever its text is, and only that of a call', async () => {
  const [one, other, numbered, told, broken, none, noCall] = await stored(1);
  expect(one).toMatchObject({ maker: 'c1', content: expect.stringMatching(/^redacted/) });
  expect(one!.sketch).toHaveLength(256);
  expect(numbered!.sketch).toBe(one!.sketch);
  // They begin alike, and end otherwise.
  expect(other!.boundaries.split(' ')[0]).toBe(one!.boundaries.split(' ')[0]);
  expect(other!.boundaries.split(' ')[1]).not.toBe(one!.boundaries.split(' ')[1]);
  expect(told).toMatchObject({ maker: 'm1', boundaries: 'abcdefgh.5' });
  expect(told!.sketch).toBe(TOLD.toString('hex').toUpperCase());
  expect(broken).toMatchObject({ maker: 'm1', sketch: '', boundaries: '' });
  expect(none).toMatchObject({ maker: '', sketch: '', boundaries: '' });
  expect(noCall).toMatchObject({ maker: '', sketch: '', boundaries: '' });
});

it('boundaries that are told are stored up to the length of our own, and longer ones are not told', async () => {
  const boundaries = (count: number) => Array(count).fill('abcdefgh.12345678').join(' ');
  const told = (count: number) => chat(5, { 'aicost.prompt.boundaries': boundaries(count) });
  await ledger.send([
    { span: 401, trace: 4, attributes: told(14) },
    { span: 402, trace: 4, attributes: told(15) },
    { span: 403, trace: 4, attributes: told(1_000) },
  ]);
  const rows = await ledger.store.query<{ units: string }>(
    `SELECT toString(length(prompt_boundaries)) AS units FROM aicost.spans
     WHERE reinterpretAsUInt64(reverse(unhex(span_id))) BETWEEN 400 AND 499 ORDER BY span_id`,
  );
  expect(rows.map(({ units }) => Number(units))).toEqual([251, 0, 0]);
});

it('is the same sketch where the text is stored too', async () => {
  const hidden = await stored(2);
  ledger.isContentStored = true;
  const shown = await stored(3);
  ledger.isContentStored = false;
  expect(shown[0]!.content).toContain('Oslo');
  expect(shown.map(({ sketch }) => sketch)).toEqual(hidden.map(({ sketch }) => sketch));
});
