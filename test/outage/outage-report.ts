/** An outage: what is asked for, what it cost, and that in words for a person. */
import { cpus } from 'node:os';
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Look } from './watch-collector.ts';

export interface OutageOptions {
  readonly mode: 'embedded' | 'server';
  readonly minutes: number;
  readonly rate: number;
  readonly fullRateSeconds: number;
  /** How often the collector is looked at. */
  readonly lookEveryMs: number;
  readonly progress: (line: string) => void;
}

export interface OutageReport {
  readonly options: Omit<OutageOptions, 'progress'>;
  readonly spans: number;
  readonly calls: number;
  readonly costAtto: string;
  readonly resends: number;
  /** Over the outage at the rate, and at full rate. */
  readonly spansPerS: number;
  readonly fullRateSpansPerS: number;
  readonly journalBytesMost: number;
  readonly residentBytesMost: number;
  readonly residentBytesEnd: number;
  readonly catchUpSeconds: number;
  readonly caughtUpSpansPerS: number;
  /** While it caught up, questions and merges included. */
  readonly engineCpuUsPerSpan: number;
  readonly collectorCpuUsPerSpan: number;
  readonly partsMost: number;
  /** While it caught up: questions asked, answered, and the slowest answer. */
  readonly questions: { asked: number; answered: number; msMax: number };
  readonly looks: readonly Look[];
  /** Empty when all is well. */
  readonly failures: readonly string[];
}

export function describeOutage(report: OutageReport): string {
  const { options, questions, failures } = report;
  const bytesPerSpan = Math.round(report.journalBytesMost / report.spans);
  const rows: [string, string][] = [
    ['machine', `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}; node ${process.version}`],
    ['mode', options.mode],
    ['away at the rate', `${options.minutes} min, ${report.spansPerS} spans/s acknowledged`],
    [
      'away at full rate',
      `${options.fullRateSeconds} s, ${report.fullRateSpansPerS} spans/s acknowledged`,
    ],
    ['requests sent again', String(report.resends)],
    ['journal at most', `${mb(report.journalBytesMost)}, ${bytesPerSpan} B a span`],
    [
      'memory of the collector',
      `${mb(report.residentBytesMost)} at most, ${mb(report.residentBytesEnd)} in the end`,
    ],
    ['time to catch up', `${report.catchUpSeconds} s, ${report.caughtUpSpansPerS} spans/s`],
    [
      'CPU for catching up',
      `engine ${report.engineCpuUsPerSpan} µs a span, start and questions included; collector ${report.collectorCpuUsPerSpan} µs`,
    ],
    ['parts of a partition', `${report.partsMost} at most, when it had caught up`],
    [
      'questions meanwhile',
      `${questions.answered} of ${questions.asked} answered, the slowest in ${questions.msMax} ms`,
    ],
    ['spans', String(report.spans)],
    ['calls', String(report.calls)],
    ['cost', `${formatUsd(BigInt(report.costAtto))} USD`],
  ];
  const verdict =
    failures.length === 0
      ? 'Nothing was lost: spans, ledger, rollups and the API tell what was acknowledged, to the last digit.'
      : ['FAILED', ...failures.map((failure) => `  - ${failure}`)].join('\n');
  const lines = rows.map(([name, value]) => `${name.padEnd(26)}${value}`);
  return `\n${lines.join('\n')}\n\n${verdict}\n`;
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
