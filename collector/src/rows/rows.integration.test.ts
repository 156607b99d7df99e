/** The rows that are written, against the landing table that takes them, and as ClickHouse reads them. */
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { attribute, chat, openRoad, type TestSpan } from '../test-road.ts';
import { createEntryBlock } from './entry-block.ts';
import { createSpanBlock } from './span-block.ts';

let engine: TestEngine;
let store: Store;
/** Type by column, in the order of the landing table. */
let landing: Map<string, string>;

beforeAll(async () => {
  engine = await startMigratedEngine();
  store = createStore({ kind: 'embedded', database: 'aicost', ...storeAddress(engine.address) });
  const columns = await store.query<{ name: string; type: string }>(
    "SELECT name, type FROM system.columns WHERE database = 'aicost' AND table = 'landing' ORDER BY position",
  );
  landing = new Map(columns.map(({ name, type }) => [name, type]));
});
afterAll(async () => {
  await store.close();
  await engine.remove();
});

/** They come from the batch, when a segment is inserted. */
const IDENTITY = ['writer_id', 'batch_seq'];
/** Only in segments that an earlier version left in the journal. */
const EARLIER = ['resource_attributes'];
const BLOCKS = { span: createSpanBlock().columns, entry: createEntryBlock().columns };

describe('the blocks and the landing table', () => {
  it('every column of the table is written by a block, or comes from the batch', () => {
    const written = new Set([
      ...Object.keys(BLOCKS.span),
      ...Object.keys(BLOCKS.entry),
      ...IDENTITY,
      ...EARLIER,
    ]);
    expect([...landing.keys()].filter((name) => !written.has(name))).toEqual([]);
  });

  it.for(['span', 'entry'] as const)(
    'every column of the %s block is in the table, with its type',
    (kind) => {
      for (const [name, column] of Object.entries(BLOCKS[kind])) {
        // An enum travels as the number it is.
        const expected = landing.get(name)?.replace(/^Enum8\(.*\)$/, 'Int8');
        const type = column.type.replace(/^Enum8\(.*\)$/, 'Int8');
        expect({ name, type }).toEqual({ name, type: expected });
      }
    },
  );

  it('an enum that is written with its names has the names of the table', () => {
    for (const columns of Object.values(BLOCKS)) {
      for (const [name, { type }] of Object.entries(columns)) {
        if (type.startsWith('Enum8')) {
          expect(type).toBe(landing.get(name));
        }
      }
    }
  });
});

/** What ClickHouse reads of one request's segment: span rows in the order of their ids. */
async function rowsOf<Row>(
  spans: readonly TestSpan[],
  select: string,
  options: { isContentStored?: boolean; kind?: 'span' | 'entry' } = {},
): Promise<Row[]> {
  const road = await openRoad(options);
  onTestFinished(() => road.remove());
  await road.send(spans);
  await road.close();
  const segment = await road.journal.queue.next();
  const structure = [...landing]
    .filter(([name]) => !IDENTITY.includes(name))
    .map(([name, type]) => `\`${name}\` ${type}`)
    .join(', ')
    .replaceAll("'", "\\'");
  return store.query<Row>(
    `SELECT ${select} FROM file('${segment!.rowsPath}', 'Native', '${structure}')
     WHERE row_kind = '${options.kind ?? 'span'}' ORDER BY span_id`,
  );
}

const long = 'x'.repeat(257);
const messages = { arrayValue: { values: [{ stringValue: 'a secret prompt' }] } };
const event = {
  timeUnixNano: '5',
  name: 'gen_ai.choice',
  attributes: [attribute('text', 'secret')],
};
const HIDDEN = expect.stringMatching(/^redacted bytes=\d+ fingerprint=[0-9a-f]{32}$/);

describe('content', () => {
  const span: TestSpan = {
    span: 1,
    attributes: chat(1, {
      'gen_ai.input.messages': messages,
      note: long,
      list: { arrayValue: { values: [{ stringValue: long }] } },
      short: 'plain',
      count: 7,
    }),
    fields: { events: [event], status: { code: 2, message: 'an error' } },
  };

  it('is off by default: texts that may be prompts are size and fingerprint', async () => {
    const [row] = await rowsOf<{ attributes: object; events: string }>(
      [span],
      'attributes, events',
    );
    expect(row!.attributes).toMatchObject({
      'gen_ai.input.messages': HIDDEN,
      note: HIDDEN,
      list: HIDDEN,
      short: 'plain',
      count: '7',
      'gen_ai.request.model': 'gpt-4o-2024-08-06',
    });
    expect(JSON.parse(row!.events)).toEqual([
      { time_unix_nano: '5', name: 'gen_ai.choice', attributes: HIDDEN },
    ]);
    expect(JSON.stringify(row)).not.toContain('secret');
  });

  it('that is on is stored as it came', async () => {
    const rows = await rowsOf<{ attributes: object; events: string }>(
      [span],
      'attributes, events',
      {
        isContentStored: true,
      },
    );
    expect(rows[0]!.attributes).toMatchObject({
      'gen_ai.input.messages': '["a secret prompt"]',
      note: long,
      list: `["${long}"]`,
    });
    expect(JSON.parse(rows[0]!.events)).toEqual([
      { time_unix_nano: '5', name: 'gen_ai.choice', attributes: { text: 'secret' } },
    ]);
  });
});

it.for([
  ['short', 'it failed', 'it failed'],
  ['long', `it failed: ${long}`, HIDDEN],
] as const)('a %s status message is stored as content is', async ([, message, stored]) => {
  const fields = { status: { code: 2, message } };
  expect(await rowsOf([{ span: 1, fields }], 'status_message')).toEqual([
    { status_message: stored },
  ]);
});

describe('a span row', () => {
  it('keeps ids, times, status and links as they were sent', async () => {
    const fields = {
      parentSpanId: 'ab'.repeat(8),
      kind: 4,
      startTimeUnixNano: '1787227200000000001',
      endTimeUnixNano: '1787227200900000002',
      traceState: 'a=b',
      flags: 257,
      status: { code: 2, message: 'it failed' },
      droppedAttributesCount: 3,
      links: [{ traceId: 'cd'.repeat(16), spanId: 'ef'.repeat(8) }],
    };
    const [row] = await rowsOf(
      [{ span: 1, fields }],
      `trace_id, span_id, parent_span_id, span_kind, toString(start_time) AS start, toString(end_time) AS end,
       trace_state, flags, status_code, status_message, dropped_attributes_count, links, span_role, service`,
    );
    expect(row).toEqual({
      trace_id: '2'.padStart(32, '0'),
      span_id: '2'.padStart(16, '0'),
      parent_span_id: 'ab'.repeat(8),
      span_kind: 'PRODUCER',
      start: '2026-08-20 12:00:00.000000001',
      end: '2026-08-20 12:00:00.900000002',
      trace_state: 'a=b',
      flags: 257,
      status_code: 'ERROR',
      status_message: 'it failed',
      dropped_attributes_count: 3,
      links: `[{"trace_id":"${'cd'.repeat(16)}","span_id":"${'ef'.repeat(8)}"}]`,
      span_role: 'not_llm',
      service: 'checkout',
    });
  });

  it.for([
    ['no parent', { parentSpanId: '' }, { parent_span_id: '' }],
    ['a parent of zeros', { parentSpanId: '00'.repeat(8) }, { parent_span_id: '' }],
    ['a kind nobody knows', { kind: 77 }, { span_kind: 'UNSPECIFIED' }],
    ['an end beyond all time', { endTimeUnixNano: '18446744073709551615' }, { end_at: '0' }],
    ['a status nobody knows', { status: { code: 9 } }, { status_code: 'UNSET' }],
  ] as const)('of %s says so', async ([, fields, expected]) => {
    const [row] = await rowsOf(
      [{ span: 1, fields }],
      'parent_span_id, span_kind, toString(toUnixTimestamp64Nano(end_time)) AS end_at, status_code',
    );
    expect(row).toMatchObject(expected);
  });
});

it('an entry row carries the amount and all it depended on, to the last digit', async () => {
  const more = { 'user.id': 'u1', 'aicost.feature': 'search', 'aicost.tag.team': 'red' };
  const [row] = await rowsOf(
    [{ span: 1, attributes: chat(1001, more) }],
    `entry_kind, trace_id, span_id, role, provider, model, user, feature, tags, calls, unpriced_calls,
     in_uncached, out_text, basis, list_usd, cost_usd, reverses, note`,
    { kind: 'entry' },
  );
  expect(row).toEqual({
    entry_kind: 'charge',
    trace_id: '2'.padStart(32, '0'),
    span_id: '2'.padStart(16, '0'),
    role: 'leaf',
    provider: 'openai',
    model: 'gpt-4o-2024-08-06',
    user: 'u1',
    feature: 'search',
    tags: { team: 'red' },
    calls: '1',
    unpriced_calls: '0',
    in_uncached: '1001',
    out_text: '10',
    basis: 'computed',
    list_usd: '0.0026025',
    cost_usd: '0.0026025',
    reverses: null,
    note: '',
  });
});
