/** What a person reads after the demo: what was sent, what it cost and why some of it has no cost, what to do next. */
import { z } from 'zod';
import type { DemoFacts } from './demo-facts.ts';

const countSchema = z.union([z.number(), z.string()]).transform(BigInt);
const textSchema = z.string().nullable();

/** `GET /api/v1/unpriced`, as far as the report needs it. */
const unpricedSchema = z.object({
  rows: z.array(
    z.object({
      provider: textSchema,
      model: textSchema,
      reason: textSchema,
      detail: textSchema,
      calls: countSchema,
    }),
  ),
  totals: z.object({ calls: countSchema }),
});
type UnpricedRow = z.output<typeof unpricedSchema>['rows'][number];

const rangeSchema = z.object({
  totals: z.object({ cost_low_usd: textSchema, cost_high_usd: textSchema }),
});

export interface DemoReport {
  readonly runId: string;
  readonly url: string;
  readonly facts: DemoFacts;
  readonly tookMs: number;
  /** Tables that are ready to be shown. */
  readonly byModel: string;
  readonly byFeature: string;
  /** The answer whose totals say whether some usage can be read in two ways. */
  readonly totals: unknown;
  /** The answer of `GET /api/v1/unpriced`. */
  readonly unpriced: unknown;
  /** What a following command must be told to reach the same collector; '' when it finds it by itself. */
  readonly options: string;
  /** A file that holds the key. */
  readonly keyFile: string;
  /** Where SQL is answered by default; null where that is not known: of a collector that may be elsewhere. */
  readonly sqlUrl: string | null;
}

/** The whole report; ends with a newline. */
export function reportText(report: DemoReport): string {
  return [
    sentText(report),
    section('What it cost, by model', `${report.byModel.trimEnd()}${certaintyText(report.totals)}`),
    section('By feature', report.byFeature),
    section('What has no cost, and why', unpricedText(report.unpriced)),
    section('What was not billed twice', aggregateText(report.facts)),
    section('Next', nextText(report)),
  ].join('\n');
}

function sentText({ runId, facts, tookMs }: DemoReport): string {
  const { spans, traces, services, calls } = facts;
  const seconds = (tookMs / 1_000).toFixed(1);
  const sent = `${grouped(spans)} spans in ${grouped(traces)} traces from ${services} services`;
  return [
    '',
    `Sent ${sent}: an hour of traffic, in ${seconds} s.`,
    `All ${grouped(calls)} LLM calls are stored (run ${runId}).`,
    '',
  ].join('\n');
}

function section(title: string, text: string): string {
  const body = text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`));
  return `${title}\n\n${body.join('\n')}\n`;
}

/** Some usage can be read in two ways; then the total is known between two bounds only. */
function certaintyText(answer: unknown): string {
  const { cost_low_usd: low, cost_high_usd: high } = rangeSchema.parse(answer).totals;
  if (low === high) return '';
  return `\n\nNot every emitter tells whether its input total holds the cached tokens:\nthe true total lies between ${low} and ${high} USD.`;
}

function unpricedText(answer: unknown): string {
  const { rows, totals } = unpricedSchema.parse(answer);
  if (totals.calls === 0n) return 'Every call has a cost.';
  const byReason = new Map<string, UnpricedRow[]>();
  for (const row of rows) {
    const reason = explainReason(row);
    byReason.set(reason, [...(byReason.get(reason) ?? []), row]);
  }
  return [...byReason]
    .map(([reason, group]) => {
      const calls = group.reduce((sum, row) => sum + row.calls, 0n);
      const models = group.map(({ model, calls: of }) => `${model ?? 'no model'} (${of})`);
      return `${calls === 1n ? '1 call' : `${calls} calls`}: ${reason}\n${wrapped(models)}`;
    })
    .join('\n');
}

function explainReason({ reason, detail }: UnpricedRow): string {
  if (reason === 'no_usage' && detail === 'error') return 'the attempt failed and told no usage';
  if (reason === 'no_usage' && detail === 'not_reported') {
    return 'the stream ended without usage; its client has to ask for it';
  }
  return detail ?? reason ?? 'the reason is not told';
}

const LIST_WIDTH = 88;

/** Names separated by commas, in lines that fit. */
function wrapped(names: readonly string[]): string {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + name.length + 2 <= LIST_WIDTH) {
      lines[lines.length - 1] = `${last}, ${name}`;
    } else {
      if (last !== undefined) lines[lines.length - 1] = `${last},`;
      lines.push(`    ${name}`);
    }
  }
  return lines.join('\n');
}

function aggregateText({ aggregates, aggregateTokens }: DemoFacts): string {
  return `${grouped(aggregates)} invoke_agent spans repeat ${grouped(aggregateTokens)} tokens of the calls below them, as agent frameworks do.\nThe calls were billed; the sums were not.`;
}

function nextText({ runId, url, options, keyFile, sqlUrl }: DemoReport): string {
  const mine = `tag.demo_run=${runId}`;
  const sql = [
    'The same in SQL, at the address that start printed:',
    `  curl -u "aicost:$(cat ${keyFile})" ${sqlUrl} --data-binary \\`,
    `    "SELECT user, sum(calls) AS calls, sum(cost_usd) AS usd FROM ledger`,
    `     WHERE tags['demo_run'] = '${runId}' GROUP BY user ORDER BY usd DESC FORMAT PrettyCompact"`,
  ];
  return [
    `Look at the page            ${url}/`,
    `Whom was it for?            npx aicost costs${options} --by user --filter "${mine}"`,
    `Which prompt costs most?    npx aicost costs${options} --by feature,prompt --filter "${mine}"`,
    ...(sqlUrl === null ? [] : sql),
  ].join('\n');
}

/** 1234567 → 1,234,567. */
function grouped(count: number | bigint): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
