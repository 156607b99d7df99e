/** What an outage cost, for a person. */
import { cpus } from 'node:os';
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { OutageReport } from './outage-run.ts';

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
