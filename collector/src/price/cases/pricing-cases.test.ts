import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseProviderBook } from '../book-schema.ts';
import { calcLine } from '../calc.ts';
import { loadPriceBook } from '../load-book.ts';

/** Cases that are known to be wrong, by id. The list can only shrink: one that passes must leave it. */
const EXPECTED_FAILURES: ReadonlySet<string> = new Set<string>([]);

const NOW_NS = 1_795_000_000_000_000_000n;
const book = loadPriceBook();

type Case = {
  readonly id: string;
  readonly model: string;
  readonly expected_usd: string | null;
  /** A reason by its name, or a sentence. */
  readonly expected_reason?: string;
  readonly arithmetic?: string;
  readonly line: string;
};

/** `pricing-cases` are from the research, `worked-cases` computed by hand from the sources they name. */
const cases = ['pricing-cases', 'worked-cases'].flatMap((name) =>
  readFileSync(new URL(`./${name}.jsonl`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Case => ({ ...(JSON.parse(line) as Omit<Case, 'line'>), line })),
);

describe('worked pricing cases', () => {
  const titled = cases.map((one): [string, Case] => [
    `${one.id} ${one.model}: ${one.arithmetic ?? 'no cost'}`,
    one,
  ]);

  test.for(titled)('%s', ([, { id, expected_usd, expected_reason, line }]) => {
    const answer = JSON.parse(calcLine(book, line, NOW_NS)) as {
      cost_usd: string | null;
      reason?: string;
    };
    if (EXPECTED_FAILURES.has(id)) {
      expect(answer.cost_usd, `${id} passes now: take it off the list`).not.toBe(expected_usd);
      return;
    }
    expect(answer.cost_usd).toBe(expected_usd);
    if (/^[a-z_]+$/.test(expected_reason ?? '') && expected_usd === null) {
      expect(answer.reason).toBe(expected_reason);
    }
  });

  test('the expected failures name cases that exist, and no two cases share an id', () => {
    const ids = new Set(cases.map(({ id }) => id));
    expect([...EXPECTED_FAILURES].filter((id) => !ids.has(id))).toEqual([]);
    expect(ids.size).toBe(cases.length);
  });
});

/** What the tools of others get wrong, and what a price may depend on, each with the cases that hold it. */
const DEMANDS: readonly (readonly [demand: string, cases: string])[] = [
  ['a date and an hour of the day hold together', 'c147 c150 c151 w084'],
  ['a price changes at an instant, in whatever zone it is told', 'c147 w002 w003 w004 w076 w077'],
  ['weekdays and holidays of the seller are known', 'w074 w075 w078'],
  ['a window holds its start and not its end', 'c140 c142 w080 w081'],
  ['history is kept: models are priced as they were', 'c019 c139 w001 w007 w008 w082 w145'],
  ['an alias means what it meant then', 'w001 w003 c172 c173 w097 w098 w099 w092 w093'],
  ['a tier has its own operator', 'c023 c024 c100 c101 w010 w011 w085 w086 w144 w106 w133 w134'],
  ['a tier ends when its seller ends it', 'c076 w042 w053 w054 w143'],
  ['the cached part of a prompt counts for its tier', 'w011 w041 w107'],
  ['a promotion ends', 'c123 w059 c033'],
  ['the tier that served a call is priced', 'c039 c040 c041 w018 w020 w021 w022 w061 w062 w068'],
  ['a tier without a known price is not the standard tier', 'w023 w024 w048 w049 w069 w089'],
  ['batch halves tokens, not tools, and not where the seller says so', 'c166 w034 w047 w056 w102'],
  ['factors stack', 'w012 w013 w028 w043 w044 w087 w118'],
  ['what a page prints is not computed anew', 'w135'],
  ['regions and data zones cost more where they do', 'c080 c135 w027 w029 w063 w064 w065 w071'],
  ['a platform has its own prices', 'c127 c134 w066 w067 w147 w148'],
  ['cache factors differ by model and lifetime', 'c084 c088 w041 w046 w050 w051 w052'],
  ['modalities have their own rates, cached ones too', 'c060 c061 w007 w036 w055 c118 w038'],
  ['units that are no tokens', 'c063 c168 c172 c179 w031 w032 w058 w060 w096 w100 w136'],
  ['a least quantity is billed', 'w094'],
  ['tools are charged when called, all of them', 'c004 w033 w035 w057 w090'],
  ['the size of a search context', 'c190 w103 w104 w146'],
  ['reasoning outside of the output, and citations', 'c160 w087 w105'],
  ['what the seller reported stands in, and is never added', 'c006 w091 w109'],
  [
    'names of platforms, profiles, deployments and fine-tunes',
    'c129 w062 w063 w065 w070 w073 w142 w039',
  ],
  ['free, zero and unknown are three things', 'w130 n06 n02 n07'],
  ['usage that contradicts itself is flagged, not clamped', 'n04 w126 w127'],
  ['what nobody defined is named', 'w120 w121 w128 w129'],
  ['numbers are exact, however large, small or written', 'w132 w019 w111 w112 w119 w139 w140 w124'],
  ['a discount is a share', 'c106 w113 w114 w115 w116 w117 w118'],
];

test.for(DEMANDS)('%s (%s)', ([, ids]) => {
  const known = new Set(cases.map(({ id }) => id));
  expect(ids.split(' ').filter((id) => !known.has(id) || EXPECTED_FAILURES.has(id))).toEqual([]);
});

test('a price in another currency is refused: there is no rate to convert it by', () => {
  const prices = [
    { rates: { in_uncached: '2 CNY/M' }, source: 'https://example.com', checked_at: '2026-01-01' },
  ];
  const file = { provider: 'acme', models: [{ id: 'm', prices }] };
  expect(() => parseProviderBook(file, 'acme.json')).toThrow(/in_uncached/);
});
