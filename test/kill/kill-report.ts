/** What a run found, for a person and as JSON. */

import type { SenderCounts } from './deliver.ts';
import type { Moment, Phase, Victim } from './kill-plan.ts';
import { PHASES } from './kill-plan.ts';
import type { Work, WorkCounts } from './ledger-asker.ts';
import type { Findings } from './log-findings.ts';
import type { VerifySummary } from './verify.ts';

export interface KillRow {
  readonly number: number;
  readonly phase: Phase;
  readonly victim: Victim;
  readonly moment: Moment;
  readonly engineTimeZone: string | undefined;
  /** What the log told between this kill and the next. */
  found: string;
}

export interface KillReport {
  readonly seed: number;
  readonly kills: readonly KillRow[];
  readonly seconds: number;
  readonly counts: SenderCounts;
  /** Work on the ledger that was asked for. */
  readonly work: Readonly<Record<Work, WorkCounts>>;
  readonly found: Findings;
  /** What befell statements between collector and server, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly summary: VerifySummary;
  /** Empty when all is well; otherwise each difference, one line each. */
  readonly failures: readonly string[];
}

const FAILURES_SHOWN = 40;

export function describeReport(report: KillReport): string {
  const { counts, work, found, summary, kills, failures } = report;
  const phases = PHASES.filter((phase) => kills.some((kill) => kill.phase === phase));
  const victims = phases.map((phase) => {
    const of = kills.filter((kill) => kill.phase === phase);
    const count = (victim: Victim) => of.filter((kill) => kill.victim === victim).length;
    const parts = `${count('collector')} collector, ${count('engine')} engine, ${count('both')} both, ${count('drain')} while draining`;
    return line(`kills, ${phase}`, `${of.length}: ${parts}`);
  });
  const rows = [
    line('seed', report.seed),
    line('time', `${report.seconds} s`),
    ...victims,
    line(
      'TZ of the engine',
      [...new Set(kills.map((kill) => kill.engineTimeZone ?? 'none'))].join(', '),
    ),
    line('batches sent', `${counts.batches} and ${counts.bursts} bursts`),
    line(
      'sent again',
      `${counts.resends} without an answer, ${counts.duplicates} after one or at once, ${counts.rebatched} re-batched, ${counts.givenUp} given up`,
    ),
    line('scenes for settle', `${counts.scenes}, and ${counts.sceneBursts} bursts of them`),
    line('settle passes asked for', workText(work.settle)),
    line('reprices asked for', workText(work.reprice)),
    line(
      'struck at work',
      `settle ${struckAt(kills, 'settle')} times, reprice ${struckAt(kills, 'reprice')} times`,
    ),
    line('background settle passes', `${found.settlePasses} that corrected something`),
    line('segments recovered', `${found.recoveredSegments}; torn bytes cut: ${found.tornBytes}`),
    line('batches repaired', repairsText(found.repairs)),
    line('batches retried', found.retriedBatches),
    line(
      'engine',
      `${found.engineStarts} starts, ${found.engineRestarts} of them after its own end`,
    ),
    ...(Object.keys(report.faults).length === 0
      ? []
      : [line('faults between', faultsText(report.faults))]),
    ...Object.entries(summary).map(([name, value]) => line(name.replaceAll('_', ' '), value)),
  ];
  const verdict =
    failures.length === 0
      ? 'Every acknowledged span is stored once and billed once, as settle and reprice must leave it; ledger, rollups and raw spans agree to the last digit.'
      : [
          `FAILED: ${failures.length} differences`,
          ...failures.slice(0, FAILURES_SHOWN).map((failure) => `  - ${failure}`),
        ].join('\n');
  return `\n${rows.join('\n')}\n\n${verdict}\n`;
}

/** `31: late 3, twice 5`. */
function faultsText(faults: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(faults).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const sum = sorted.reduce((total, [, count]) => total + count, 0);
  return `${sum}: ${sorted.map(([fault, count]) => `${fault} ${count}`).join(', ')}`;
}

function workText({ begun, finished, interrupted }: WorkCounts): string {
  return `${begun}: ${finished} finished, ${interrupted} interrupted`;
}

function struckAt(kills: readonly KillRow[], moment: Moment): number {
  return kills.filter((kill) => kill.moment === moment).length;
}

function line(name: string, value: string | number): string {
  return `${name.padEnd(28)}${value}`;
}

/** `3: 2 × spans+traces, 1 × ledger`. */
function repairsText(repairs: readonly string[]): string {
  const byTables = new Map<string, number>();
  for (const tables of repairs) {
    byTables.set(tables, (byTables.get(tables) ?? 0) + 1);
  }
  const parts = [...byTables].map(([tables, count]) => `${count} × ${tables}`);
  return repairs.length === 0 ? '0' : `${repairs.length}: ${parts.join(', ')}`;
}
