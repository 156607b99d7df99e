/** On many rows with many names no panel is handed more than a browser can draw. */
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { ALERT_RULES } from '@ai-cost-profiler/grafana/alerts/rules.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertFaults, firing } from './alert-frames.ts';
import { askQuery, variablesOf } from './ask-panel.ts';
import { asking, DASHBOARDS, type DashboardJson } from './dashboard-model.ts';
import { type Frame, kindOf } from './frame.ts';
import { frameFaults, isEmpty } from './frame-contract.ts';
import type { Variables } from './interpolate.ts';

const NOW_S = Math.floor(Date.now() / 1000);
const TIME = { fromMs: (NOW_S - 5 * 3600 - 77) * 1000, toMs: NOW_S * 1000, intervalMs: 300_000 };
const CALLS = 40_000;
/** Of one page a person scrolls through; of series in one graph; of frames in one flame graph. */
const [ROWS_MAX, SERIES_MAX, FRAMES_MAX] = [1000, 13, 2000];
const TRACE_CALLS = 20;
/** Panels that these rows say nothing about: all are priced calls, billed, told by nobody else, and of today. */
const SILENT: Readonly<Record<string, readonly string[]>> = {
  'aicost-agents': ['Runs of tools'],
  'aicost-collector': [
    'Settled up to',
    'How far settle is behind',
    'In the journal',
    'Segments set aside',
    'Requests refused',
    'Inserts that failed',
    'Memory',
    'Last sign of life',
    'Journal',
    'How long rows wait',
    'Requests accepted and refused',
    'Spans accepted and refused',
    'Retries, repairs and failed calls',
    'Memory over time',
    'Alerts of budgets',
    'Deliveries of alerts',
    'What senders count themselves',
  ],
  'aicost-data-quality': [
    'What has no price, and why',
    'Calls that told no usage',
    'Seen and not billed',
    'Computed beside reported',
    'Left out by senders',
    'Refused or dropped by the collectors',
  ],
  'aicost-spend': ['Forecast to month end', 'Budget left', 'Budgets'],
};

let engine: TestEngine;
let store: Store;
beforeAll(async () => {
  engine = await startMigratedEngine();
  store = createStore({ kind: 'embedded', database: 'aicost', ...storeAddress(engine.address) });
  await store.command(fill('entry'));
  await store.command(fill('span'));
});
afterAll(async () => {
  await store.close();
  await engine.remove();
});

/** Of sixteen digits: of shorter ids a span and its parent could not be told apart. */
const spanId = (number: string): string => `leftPad(lower(hex(toUInt64(${number}))), 16, '0')`;

/** Calls of six hours: 2,000 features, 3,000 agents, 50 models, 5,000 users, and traces of twenty calls. */
function fill(kind: 'entry' | 'span'): string {
  const own =
    kind === 'entry'
      ? {
          entry_kind: "'charge'",
          entry_id: 'generateUUIDv4()',
          recorded_at: 'now64(9)',
          role: "'leaf'",
          calls: '1',
          in_uncached: 'number % 5000',
          in_cache_read: 'number % 900',
          out_text: '100',
          list_usd: 'toDecimal128(number % 977, 18) / 50',
          cost_usd: 'toDecimal128(number % 977, 18) / 50',
          cache_priced_calls: '1',
          cache_saved_usd: 'toDecimal128(number % 900, 18) / 1000000',
          cache_missed_usd: 'toDecimal128(number % 5000, 18) / 1000000',
          bucket_usd: "map('in_uncached', cost_usd / 4, 'out_text', cost_usd - cost_usd / 4)",
        }
      : {
          span_role: "'leaf'",
          name: "concat('chat ', toString(number % 50))",
          parent_span_id: `if(number % ${TRACE_CALLS} = 0, '', ${spanId('number - 1')})`,
          end_time: 'start_time + INTERVAL 2 SECOND',
          received_at: 'start_time + INTERVAL 3 SECOND',
          status_code: "if(number % 20 = 7, 'ERROR', 'OK')",
          request_model: "concat('model-', toString(number % 50))",
          attributes:
            "map('gen_ai.response.finish_reasons', if(number % 30 = 3, '[\"length\"]', '[\"stop\"]'))",
          prompt_maker: "'m1'",
          prompt_sketch: 'toString(number % 7000)',
        };
  const columns: Record<string, string> = {
    row_kind: `'${kind}'`,
    tenant: "'acme'",
    writer_id: "'w'",
    batch_seq: '1',
    start_time: `toDateTime64(${NOW_S}, 9, 'UTC') - toIntervalMillisecond((number * 540) % 21600000)`,
    trace_id: `lower(leftPad(hex(toUInt64(intDiv(number, ${TRACE_CALLS}))), 32, '0'))`,
    span_id: spanId('number'),
    service: "concat('service-', toString(number % 30))",
    provider: "'openai'",
    model: "concat('model-', toString(number % 50))",
    operation: "'chat'",
    feature: "concat('feature-', toString(number % 2000))",
    agent: "concat('agent-', toString(number % 3000))",
    prompt: "concat('prompt-', toString(number % 1500))",
    user: "concat('user-', toString(number % 5000))",
    session: "concat('session-', toString(number % 4000))",
    tool: "concat('tool-', toString(number % 400))",
    tags: "map('team', concat('team-', toString(number % 600)))",
    ...own,
  };
  const values = Object.entries(columns).map(([name, value]) => `${value} AS ${name}`);
  return `INSERT INTO aicost.landing (${Object.keys(columns).join(', ')})
    SELECT ${values.join(', ')} FROM numbers(${CALLS})
    SETTINGS max_insert_threads = 1, max_partitions_per_insert_block = 0`;
}

const seriesOf = ({ columns, rows }: Frame): number => {
  const text = columns.findIndex(({ type }) => kindOf(type) === 'text');
  return text === -1 ? 1 : new Set(rows.map((row) => row[text])).size;
};

/** Names of panels that have nothing to show; nothing that they show is too much. */
async function emptyPanels(dashboard: DashboardJson, chosen: Variables): Promise<string[]> {
  const variables = variablesOf(dashboard, { trace_id: '1'.padStart(32, '0'), ...chosen });
  const empty: string[] = [];
  for (const { title, type, targets = [] } of asking(dashboard)) {
    for (const { rawSql } of targets) {
      const frame = await askQuery(store, rawSql, { variables, time: TIME });
      expect(frameFaults(type, frame), title).toEqual([]);
      if (isEmpty(type, frame)) empty.push(title);
      if (type === 'timeseries') expect(seriesOf(frame), title).toBeLessThanOrEqual(SERIES_MAX);
      else {
        const max = type === 'flamegraph' ? FRAMES_MAX : ROWS_MAX;
        expect(frame.rows.length, title).toBeLessThanOrEqual(max);
      }
    }
  }
  return empty;
}

/** Rules that find nothing here: no budget, no mark of settle, no week before, and no cache that it gave up. */
const UNCONCERNED = [
  'aicost-budget',
  'aicost-budget-warning',
  'aicost-cache-collapse',
  'aicost-stalled',
  'aicost-settle-behind',
];
/** An alert for each label is a message to a person. */
const ALERTS_MAX = 100;

test.for(ALERT_RULES)('alert $uid', async (rule) => {
  const time = { ...TIME, fromMs: TIME.toMs - rule.windowSeconds * 1000 };
  const frame = await askQuery(store, rule.sql, { variables: {}, time });
  expect(alertFaults(frame)).toEqual([]);
  expect(firing(rule, frame).length).toBeLessThanOrEqual(ALERTS_MAX);
  expect(frame.rows.length > 0).toBe(!UNCONCERNED.includes(rule.uid));
});

test.for(DASHBOARDS)('$uid', async (dashboard) => {
  expect(await emptyPanels(dashboard, {})).toEqual(SILENT[dashboard.uid] ?? []);
});

const BY = '$' + '{by:percentencode}';
/** Of dimensions with many values that are not read from the rollup of hours. */
const CHOICES = [
  ['aicost-spend', ['user']],
  ['aicost-spend', ['tag']],
  ['aicost-explore', ['user', 'feature', 'agent']],
  ['aicost-explore', ['session', 'tool', 'tag']],
] as const;

test.for(CHOICES)('%s by %j', async ([uid, [by, second = 'model', third = 'model']]) => {
  const dashboard = DASHBOARDS.find((one) => one.uid === uid);
  const panels = (dashboard?.panels ?? []).filter(({ targets = [] }) =>
    targets.some(({ rawSql }) => rawSql.includes(BY)),
  );
  if (dashboard === undefined) throw new Error(`no dashboard ${uid}`);
  expect(panels.length).toBeGreaterThan(1);
  const chosen = { by, second, third, tag_key: 'team' };
  expect(await emptyPanels({ ...dashboard, panels }, chosen)).toEqual([]);
});
