import { describe, expect, test } from 'vitest';
import { runCosts } from './costs.ts';

function sums(cost: string | null, calls: number | string, unpriced = 0) {
  return {
    calls,
    unpriced_calls: unpriced,
    in_uncached: 600,
    in_cache_read: 400,
    out_text: 500,
    audio_seconds: '0',
    cost_usd: cost,
    cost_low_usd: cost,
    cost_high_usd: cost,
    share: cost === null ? null : '0.9996',
  };
}

const ANSWER = {
  rows: [
    { model: 'gpt-4o', ...sums('1234.007', 12) },
    { model: null, ...sums('0.5', 1), share: '0.08' },
    { model: 'evil\u001b[2J', ...sums(null, 2, 2) },
  ],
  other: sums('0', 0),
  totals: sums('1234.507', '9007199254740993', 2),
  from: '2026-08-20T00:00:00Z',
  to: '2026-08-21T00:00:00Z',
  settled_through: '2026-08-20T23:58:00Z' as string | null,
  provisional: { calls: 1, unpriced_calls: 0, cost_usd: '0.5' as string | null },
};

async function run(flags: Record<string, string>, json = false, answer: object = ANSWER) {
  const asked: string[] = [];
  let written = '';
  await runCosts({
    request: async (path) => {
      asked.push(path);
      return answer;
    },
    flags: new Map(Object.entries(flags)),
    json,
    write: (text) => {
      written += text;
    },
  });
  return { path: asked[0], written };
}

describe('aicost costs', () => {
  test('says what sampling dropped apart from what was spent', async () => {
    const totals = { ...sums('1', 2), sampled_calls: 2, estimated_usd: '10' };
    const { written } = await run({}, false, { ...ANSWER, totals });
    expect(written).toContain(
      "2 calls stand for others that the sender's sampling dropped: with those, 10 USD is estimated.",
    );
    expect((await run({})).written).not.toContain('sampling');
  });

  test('aligns amounts at the point, names what is unknown, and ends with the total', async () => {
    const { written } = await run({});
    expect(written).toBe(
      [
        '2026-08-20T00:00:00Z to 2026-08-21T00:00:00Z',
        '',
        'MODEL                     CALLS  TOKENS IN  TOKENS OUT  UNPRICED  COST USD  SHARE',
        'gpt-4o                       12       1000         500         0  1234.007  99.9%  ████████████████████',
        '-                             1       1000         500         0     0.5     8.0%  █▋',
        'evil\\u{1b}[2J                 2       1000         500         2   unknown      -',
        '───────────────────────────────────────────────────────────────────────────────────────────────────────',
        'total          9007199254740993       1000         500         2  1234.507  99.9%',
        '',
        '2 calls have no cost and no part in the sums; GET /api/v1/unpriced says why.',
        '1 call worth 0.5 USD may still be corrected: settled through 2026-08-20T23:58:00Z.',
        '',
      ].join('\n'),
    );
  });

  test.for([
    [0, '0', null, undefined],
    [2, null, null, '2 calls of unknown cost may still be corrected: nothing was settled yet.'],
  ] as const)('says what may still be corrected: %s', async ([calls, cost, through, note]) => {
    const open = { settled_through: through, provisional: { calls, cost_usd: cost } };
    const { written } = await run({}, false, { ...ANSWER, ...open });
    expect(/^.*may still be.*$/m.exec(written)?.[0]).toBe(note);
  });

  test('asks for the last day by model unless told otherwise, and passes filters on', async () => {
    expect((await run({})).path).toBe('/api/v1/costs/breakdown?from=now-24h&to=now&by=model');
    const flags = { from: 'now-7d', by: 'user', filter: 'model=a&model=b', limit: '5' };
    expect((await run(flags)).path).toBe(
      '/api/v1/costs/breakdown?from=now-7d&to=now&by=user&limit=5&model=a&model=b',
    );
  });

  test('with --json writes the answer as it came', async () => {
    expect(JSON.parse((await run({}, true)).written)).toEqual(ANSWER);
  });
});
