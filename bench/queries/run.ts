/**
 * How long the questions of the API take on 10 million spans over 90 days, while 2,000 spans/s arrive, for a middling
 * tenant and for the one with 60 % of the rows. `npm run bench:queries -- --help`.
 *
 * A tenant is asked about through a key of its own, as people do. What a question reads the engine
 * tells.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CollectorUnderTest } from '../collector-under-test.ts';
import { benchOptions, type Figure } from '../result.ts';
import { send } from '../sender/sender.ts';
import { quantile } from '../sender/sending.ts';
import { until } from '../wait.ts';
import { fill } from './fill.ts';
import { CALLS_PER_TRACE, DAYS, SPANS_PER_TRACE, shapeOf } from './many-spans.ts';
import { ASKED_TENANTS, QUESTIONS, type Question } from './questions.ts';
import { rowsRead } from './rows-read.ts';

const ARRIVING_SPANS_PER_S = 2_000;
const DAY_MS = 86_400_000;
/** Answers of each question that are timed; as many tenths go before, for caches to fill. */
const ROUNDS = { full: 40, short: 3 } as const;

const options = benchOptions('queries');

interface Asked {
  readonly question: Question;
  readonly tenant: string;
  readonly ms: readonly number[];
}

async function createKey({ url, key }: CollectorUnderTest, tenant: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/admin/keys`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ tenant, scopes: ['read'] }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return ((await answer.json()) as { key: string }).key;
}

/** Milliseconds until the whole answer is there; undefined where the API has no such question. */
async function timeOne(url: string, key: string): Promise<number | undefined> {
  const startedMs = performance.now();
  const answer = await fetch(url, { headers: { 'x-api-key': key } });
  const text = await answer.text();
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text}`);
  return performance.now() - startedMs;
}

async function ask(
  collector: CollectorUnderTest,
  question: Question,
  { tenant, key, rounds }: { tenant: string; key: string; rounds: number },
): Promise<Asked | undefined> {
  const traces = (
    await collector.sql(
      `SELECT trace_id FROM aicost.ledger WHERE tenant = '${tenant}' AND start_time > now() - INTERVAL 30 DAY
       ORDER BY sipHash64(trace_id) LIMIT ${rounds} FORMAT TSV`,
    )
  ).split('\n');
  const ms: number[] = [];
  const warm = Math.ceil(rounds / 10);
  for (let round = -warm; round < rounds; round++) {
    const trace = traces[Math.abs(round) % traces.length]!;
    const path = question.path.replace('{trace}', trace);
    const took = await timeOne(`${collector.url}/api/v1/${path}`, key);
    if (took === undefined) return undefined;
    if (round >= 0) ms.push(took);
  }
  return { question, tenant, ms: ms.toSorted((a, b) => a - b) };
}

async function askAll(collector: CollectorUnderTest, rounds: number): Promise<Asked[]> {
  const all: Asked[] = [];
  for (const { tenant } of ASKED_TENANTS) {
    const key = await createKey(collector, tenant);
    for (const question of QUESTIONS.filter(({ name }) => name.includes(options!.only))) {
      const asked = await ask(collector, question, { tenant, key, rounds });
      if (asked === undefined) continue;
      all.push(asked);
      options!.progress(
        `${tenant}, ${question.name}: p95 ${quantile(asked.ms, 0.95).toFixed(0)} ms`,
      );
    }
  }
  return all;
}

function figuresOf({ question, tenant, ms }: Asked): Figure[] {
  const name = nameOf(question, tenant);
  return [
    { name: `${name}: p95`, value: quantile(ms, 0.95), unit: 'ms', most: question.p95MsMax },
    { name: `${name}: median`, value: quantile(ms, 0.5), unit: 'ms' },
  ];
}

const nameOf = (question: Question, tenant: string): string =>
  `${question.name}, ${ASKED_TENANTS.find((one) => one.tenant === tenant)!.name} tenant`;

/** Rows that the engine reads for each question that tells costs, of a hundred spans of 30 days of the same tenant. */
async function readAll(collector: CollectorUnderTest): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { tenant } of ASKED_TENANTS) {
    const rawRows = await rawRowsOf(collector, tenant);
    const share = (rows: number) => ({ value: (100 * rows) / rawRows, unit: '%' });
    for (const question of QUESTIONS) {
      const read = await rowsRead(collector, tenant, question.path);
      if (read === undefined) continue;
      const name = `${nameOf(question, tenant)}: read`;
      const { readShareMax: most } = question;
      figures.push(
        { name: `${name} of the raw rows`, ...share(read.ofCosts), ...(most && { most }) },
        { name: `${name} to tell what is provisional`, ...share(read.ofProvisional) },
      );
    }
  }
  return figures;
}

/** Keeps spans coming until `work` is done. */
async function whileArriving<Result>(
  { url, key }: CollectorUnderTest,
  work: () => Promise<Result>,
): Promise<Result> {
  let isDone = false;
  const load = { kind: 'seconds', seconds: 10, spansPerS: ARRIVING_SPANS_PER_S } as const;
  const arriving = (async () => {
    for (let seed = 1; !isDone; seed++) {
      await send({ url, key, variant: 'tenth', seed, connections: 4, load });
    }
  })();
  try {
    return await work();
  } finally {
    isDone = true;
    await arriving;
  }
}

/** Spans of 30 days. */
async function rawRowsOf(collector: CollectorUnderTest, tenant: string): Promise<number> {
  const of = `tenant = '${tenant}' AND start_time >= now() - INTERVAL 30 DAY`;
  return Number(await collector.sql(`SELECT count() FROM aicost.spans WHERE ${of}`));
}

/** A collector looks at its start which days lack totals. */
async function untilTotalled(collector: CollectorUnderTest): Promise<void> {
  await until('every day has totals', async () => {
    const passes = await collector.metric('aicost_daily_totals_pass_seconds');
    return passes > 0 && (await collector.metric('aicost_daily_totals_stale')) === 0;
  });
}

async function measure(form: 'full' | 'short') {
  const endMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const shape = shapeOf(form, endMs);
  const directory = mkdtempSync(join(tmpdir(), 'aicost-bench-queries-'));
  await fill(directory, shape, options!.progress);
  const collector = await CollectorUnderTest.start({ directory });
  const spans = await collector.sql('SELECT count() FROM aicost.spans');
  const ledger = await collector.sql('SELECT sum(cost_usd), sum(calls) FROM aicost.ledger');
  const hourly = await collector.sql('SELECT sum(cost_usd), sum(calls) FROM aicost.cost_hourly');
  if (ledger !== hourly) throw new Error(`the ledger says ${ledger}, cost_hourly ${hourly}`);
  await untilTotalled(collector);
  const all = await whileArriving(collector, () => askAll(collector, ROUNDS[form]));
  await collector.untilStored();
  const read = await readAll(collector);
  await collector.stop();
  collector.remove();
  const traces = shape.tracesPerDay * DAYS;
  const figures: Figure[] = [
    { name: 'spans', value: Number(spans), unit: 'spans' },
    ...read,
    ...all.flatMap(figuresOf),
  ];
  const checksums = {
    'spans stored': spans,
    'spans made': String(traces * SPANS_PER_TRACE),
    'ledger: cost and calls': ledger.replace('\t', ' and '),
    'calls made': String(traces * CALLS_PER_TRACE),
  };
  return { figures, checksums };
}

if (options !== undefined) {
  const about = `Questions to the API on ${DAYS} days of spans (10 million in the full form), while ${ARRIVING_SPANS_PER_S.toLocaleString('en-US')} spans/s arrive.`;
  options.finish({ about, ...(await measure(options.isFull ? 'full' : 'short')) });
}
