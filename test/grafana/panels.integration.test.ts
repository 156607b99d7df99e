/** Every panel's query on the real engine: on an empty ledger, on one span, on a small ledger; every variable's too. */
import { openTestLedger, type TestLedger } from '@ai-cost-profiler/collector/test-ledger.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askQuery, variablesOf } from './ask-panel.ts';
import { asking, DASHBOARDS, type DashboardJson, type PanelJson } from './dashboard-model.ts';
import type { Frame } from './frame.ts';
import { frameFaults, isEmpty } from './frame-contract.ts';
import type { Variables } from './interpolate.ts';
import type { AskedTime } from './macros.ts';
import { beyondBars } from './share-bars.ts';
import { besideSpans, HOSTILE, oneSpan, ownRequest, smallLedger } from './small-ledger.ts';

const NOW_MS = Date.now();
const TRACE_ID = '1'.padStart(32, '0');
/** Not on hours, so that edges are asked of the ledger. */
const TIME = {
  fromMs: NOW_MS - 2 * 3_600_000 - 1_234_000,
  toMs: NOW_MS + 60_000,
  intervalMs: 300_000,
};

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
  ledger.clockMs = NOW_MS;
});
afterAll(() => ledger.remove());

type Asked = readonly [dashboard: DashboardJson, panel: PanelJson];
const PANELS: readonly Asked[] = DASHBOARDS.flatMap((dashboard) =>
  asking(dashboard).map((panel): Asked => [dashboard, panel]),
);

/** What a panel answers that can be drawn; faults by the panel's name. */
async function askAll(chosen: Variables): Promise<{ faults: string[]; empty: string[] }> {
  const faults: string[] = [];
  const empty: string[] = [];
  const ask = async ([dashboard, panel]: Asked): Promise<void> => {
    const title = `${dashboard.uid}: ${panel.title}`;
    const variables = variablesOf(dashboard, chosen);
    for (const { rawSql } of panel.targets ?? []) {
      try {
        const frame = await askQuery(ledger.store, rawSql, { variables, time: TIME });
        faults.push(...frameFaults(panel.type, frame).map((fault) => `${title}: ${fault}`));
        faults.push(...strangers(panel, frame).map((name) => `${title}: no field ${name}`));
        faults.push(...beyondBars(panel, frame).map((text) => `${title}: ${text}`));
        if (isEmpty(panel.type, frame)) empty.push(title);
      } catch (error) {
        faults.push(`${title}: ${String(error)}`);
      }
    }
  };
  const waiting = [...PANELS];
  const askOneByOne = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await ask(next);
  };
  await Promise.all([askOneByOne(), askOneByOne()]);
  return { faults, empty };
}

/** Fields that the panel would show otherwise, and that are not there. */
const strangers = (panel: PanelJson, { columns }: Frame): string[] =>
  (panel.fieldConfig?.overrides ?? [])
    .map(({ matcher }) => matcher.options)
    .filter((name) => panel.type !== 'timeseries' && !columns.some((one) => one.name === name));

/** Panels that the small ledger says nothing about, with the reason. */
const SILENT: Readonly<Record<string, string>> = {
  'aicost-spend: Budget left': 'no budget is typed in',
  'aicost-spend: Forecast to month end': 'the first call came too late to foretell from',
};

const allTitles = PANELS.map(([dashboard, { title }]) => `${dashboard.uid}: ${title}`);

describe('every panel draws, and every variable answers', () => {
  test('on an empty ledger, and says that there is nothing', async () => {
    const { faults, empty } = await askAll({});
    expect(faults).toEqual([]);
    const talking = allTitles.filter((title) => !empty.includes(title));
    expect(talking).toEqual(['aicost-collector: Tables', 'aicost-collector: Migrations']);
  });

  test('on one span', async () => {
    await ledger.send(oneSpan(NOW_MS - 3_600_000));
    const { faults } = await askAll({});
    expect(faults).toEqual([]);
  });

  test('on a small ledger, and has something to show', async () => {
    await ledger.send(smallLedger(NOW_MS));
    await ledger.sendRequest(ownRequest(NOW_MS));
    for (const [table, rows] of Object.entries(besideSpans(NOW_MS))) {
      await ledger.store.insertRows(table, rows);
    }
    await ledger.settle();
    const { faults, empty } = await askAll({ trace_id: TRACE_ID });
    expect(faults).toEqual([]);
    expect(empty.filter((title) => !(title in SILENT))).toEqual([]);
    expect(Object.keys(SILENT).filter((title) => !empty.includes(title))).toEqual([]);
  });

  test('with names chosen that would end a query', async () => {
    const { faults } = await askAll({
      tenant: ['acme', "o'brien"],
      feature: [HOSTILE.replaceAll('\\', '/'), '(none)'],
      only: HOSTILE,
      by: HOSTILE,
      second: 'tag',
      tag_key: HOSTILE,
      trace_id: HOSTILE,
      user: HOSTILE,
      session: "'",
      monthly_budget_usd: "1' OR",
    });
    expect(faults).toEqual([]);
  });

  test('variables list the values there are', async () => {
    const queries = new Set(
      DASHBOARDS.flatMap(({ templating: { list } }) =>
        list.filter(({ type }) => type === 'query').map(({ query }) => query),
      ),
    );
    for (const query of queries) {
      const { columns, rows } = await askQuery(ledger.store, query, { variables: {}, time: TIME });
      expect(columns, query).toHaveLength(1);
      expect(rows.length, query).toBeGreaterThan(0);
    }
  });
});

describe('spend is that of the ledger', () => {
  const [HOUR_MS, SECOND_MS] = [3_600_000, 1_000];
  const hour = Math.floor(NOW_MS / HOUR_MS) * HOUR_MS;
  const ranges: readonly (readonly [string, number, number])[] = [
    ['of whole hours', hour - 3 * HOUR_MS, hour],
    ['with edges', hour - 2 * HOUR_MS - 977 * SECOND_MS, hour + 123 * SECOND_MS],
    ['within an hour', NOW_MS - 130 * SECOND_MS, NOW_MS - 10 * SECOND_MS],
    ['of a whole hour but for a millisecond', hour - HOUR_MS, hour - 1],
    ['across one hour', hour - 60 * SECOND_MS, hour + 60 * SECOND_MS],
  ];

  /** The sum of a field of a panel of *Spend*. */
  const sumOf = async (title: string, place: number, time: AskedTime): Promise<number> => {
    const dashboard = DASHBOARDS.find(({ uid }) => uid === 'aicost-spend');
    const panel = dashboard?.panels.find((one) => one.title === title);
    const [target] = panel?.targets ?? [];
    if (dashboard === undefined || target === undefined) throw new Error(`no panel ${title}`);
    const variables = variablesOf(dashboard);
    const { rows } = await askQuery(ledger.store, target.rawSql, { variables, time });
    return rows.reduce((sum, row) => sum + Number(row[place] ?? 0), 0);
  };

  test.for(ranges)('in a range %s', async ([, fromMs, toMs]) => {
    // A second that has begun is in the range: days end a millisecond before the next.
    const [from, to] = [Math.floor(fromMs / SECOND_MS), Math.ceil(toMs / SECOND_MS)];
    const [row] = await ledger.store.query<{ cost: number }>(
      `SELECT toFloat64(sum(cost_usd)) AS cost FROM aicost.ledger WHERE start_time >= toDateTime(${from}) AND start_time < toDateTime(${to})`,
    );
    const cost = row?.cost ?? Number.NaN;
    expect(cost).toBeGreaterThan(0);
    for (const intervalMs of [60_000, HOUR_MS]) {
      const time = { fromMs, toMs, intervalMs };
      expect(await sumOf('Spend', 0, time)).toBeCloseTo(cost, 12);
      expect(await sumOf('Spend over time', 2, time)).toBeCloseTo(cost, 12);
      expect(await sumOf('Models', 1, time)).toBeCloseTo(cost, 12);
    }
  });
});
