/** docs/runbook.md and the alert rules: a section each, whose queries run and whose metrics and paths are there. */
import { openApiDocument } from '@ai-cost-profiler/collector/api/openapi.ts';
import { METRICS } from '@ai-cost-profiler/collector/metrics.ts';
import { openTestLedger, type TestLedger } from '@ai-cost-profiler/collector/test-ledger.ts';
import { chat } from '@ai-cost-profiler/collector/test-road.ts';
import { alertRulesFile } from '@ai-cost-profiler/grafana/alerts/alerting-file.ts';
import { ALERT_RULES } from '@ai-cost-profiler/grafana/alerts/rules.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readText } from '../tidy/repository-files.ts';

const PAGE = 'docs/runbook.md';
const PAGES = [PAGE, 'docs/keys.md'];
const PARTS = ['**What it means.**', '**Look at**', '**What to do.**'];

/** Sections by their heading. */
function sections(): ReadonlyMap<string, string> {
  const [, ...rest] = readText(PAGE).split(/^## /m);
  return new Map(rest.map((text) => [text.slice(0, text.indexOf('\n')), text]));
}

const queriesIn = (text: string): string[] =>
  [...text.matchAll(/^```sql\n(.*?)^```$/gms)].map(([, query = '']) => query);

test('every rule has its section, and every section its rule', () => {
  expect([...sections().keys()]).toEqual(ALERT_RULES.map(({ uid }) => uid));
});

test.for([...sections()])('%s says what it means, what to look at and what to do', ([, text]) => {
  const places = PARTS.map((part) => text.indexOf(part));
  expect(places.every((at) => at > 0)).toBe(true);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(queriesIn(text)).toHaveLength(1);
  expect(text.slice(places[2]!)).toMatch(/^1\. /m);
});

test('each alert names its section', () => {
  const file = JSON.stringify(alertRulesFile(ALERT_RULES, () => 1));
  for (const uid of sections().keys()) expect(file).toContain(`"runbook":"${PAGE}#${uid}"`);
});

test.for(PAGES)('the metrics and paths that %s names are there', (page) => {
  const text = readText(page);
  const metrics = [...text.matchAll(/`(aicost_[a-z_]+)/g)].map(([, name]) => name!);
  expect(metrics.filter((name) => !(name in METRICS) && name !== 'aicost_')).toEqual([]);
  const paths = [...text.matchAll(/`GET (\/[^ `?]+)/g)].map(([, path]) => path!);
  const known = Object.keys(openApiDocument('0')['paths'] as object);
  expect(paths.filter((path) => !known.includes(path))).toEqual([]);
});

describe('queries', () => {
  let ledger: TestLedger;
  beforeAll(async () => {
    ledger = await openTestLedger();
    ledger.clockMs = Date.now();
    const attributes = { ...chat(1000), 'session.id': 's', 'aicost.feature': 'search' };
    const startMs = ledger.clockMs - 60_000;
    const unknown = chat(10, { 'gen_ai.response.model': 'our-own', 'gen_ai.request.model': 'x' });
    await ledger.send([
      { span: 1, startMs, attributes, fields: { status: { code: 2, message: 'time limit' } } },
      { span: 2, startMs, attributes: unknown },
    ]);
    // A newer version of the failed call, which its user tells: the same call all the same.
    ledger.clockMs += 5_000;
    const again = { ...attributes, 'user.id': 'ann' };
    await ledger.send([
      {
        span: 1,
        startMs,
        attributes: again,
        fields: { status: { code: 2, message: 'time limit' } },
      },
    ]);
    await ledger.settle();
    // The same session with another user.
    await ledger.send([
      { span: 3, trace: 2, startMs, attributes: { ...attributes, 'user.id': 'ben' } },
    ]);
    await ledger.settle();
  }, 60_000);
  afterAll(() => ledger.remove());

  const ALL = PAGES.flatMap((page) => queriesIn(readText(page)).map((query) => ({ page, query })));
  /** Of budgets and of changes nothing is in this ledger. */
  const EMPTY = /FROM aicost\.(alerts|control)\b/;

  const rowsOf = (uid: string) =>
    ledger.store.query<Record<string, unknown>>(queriesIn(sections().get(uid) ?? '')[0]!);

  test('a failed call that came in two versions is one, with what it cost', async () => {
    expect(await rowsOf('aicost-error-waste')).toMatchObject([
      { calls: '1', requests: '1', cost: '0.0026', message: 'time limit' },
    ]);
  });

  test('a session is one row, whoever its users are', async () => {
    const [row, ...rest] = await rowsOf('aicost-runaway-session');
    expect(rest).toEqual([]);
    expect(row).toMatchObject({ session: 's', calls: '2', users: expect.arrayContaining(['ben']) });
  });

  test.for(ALL)('$page: $query', async ({ query }) => {
    const rows = await ledger.store.query<Record<string, unknown>>(query);
    if (!EMPTY.test(query)) expect(rows.length).toBeGreaterThan(0);
  });
});
