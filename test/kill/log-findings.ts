/**
 * What the collectors' logs told: repairs and recoveries, which are the point of the test, and lines that must not be.
 */
import type { LogLine } from './collector-process.ts';

export interface Findings {
  recoveredSegments: number;
  tornBytes: number;
  /** Repaired tables, one text for each batch. */
  repairs: string[];
  retriedBatches: number;
  /** Passes of the settle loop that appended entries. */
  settlePasses: number;
  engineStarts: number;
  engineRestarts: number;
}

function noFindings(): Findings {
  return {
    recoveredSegments: 0,
    tornBytes: 0,
    repairs: [],
    retriedBatches: 0,
    settlePasses: 0,
    engineStarts: 0,
    engineRestarts: 0,
  };
}

/** Messages of lines after which nothing may be called well. */
const ALARMS = [
  'a journal segment is damaged and was set aside',
  'ClickHouse refuses a batch; it was set aside, nothing of it is lost',
  'the journal could not be written; senders were told to resend',
  'a journal segment could not be sealed; trying again',
  'normalise failed',
  'a part failed for good; draining',
  'uncaught exception',
  'unhandled rejection',
];

export class LogFindings {
  /** Since the last `take`. */
  private recent = noFindings();
  readonly total = noFindings();
  readonly alarms: string[] = [];

  read(line: LogLine): void {
    for (const findings of [this.recent, this.total]) {
      addTo(findings, line);
    }
    if (line.msg !== undefined && (ALARMS.includes(line.msg) || isStuck(line))) {
      this.alarms.push(JSON.stringify(line).slice(0, 600));
    }
  }

  take(): Findings {
    const taken = this.recent;
    this.recent = noFindings();
    return taken;
  }
}

/** A pass of settle that failed for another reason than that something was away fails again and again. */
function isStuck(line: LogLine): boolean {
  const error = line['err'] as { type?: string; retryable?: boolean } | undefined;
  const isPassing = error?.retryable === true || error?.type === 'JournalUnavailable';
  return line.msg === 'a settle pass failed; the next one goes on from there' && !isPassing;
}

function addTo(findings: Findings, line: LogLine): void {
  switch (line.msg ?? '') {
    case 'the journal of an earlier process was recovered':
      findings.recoveredSegments += Number(line['segments'] ?? 0);
      findings.tornBytes += Number(line['torn_bytes'] ?? 0);
      break;
    case 'tables that lacked a batch were repaired':
      findings.repairs.push((line['tables'] as string[]).join('+'));
      break;
    case 'a batch was not written; trying again':
      findings.retriedBatches++;
      break;
    case 'traces were settled':
      findings.settlePasses++;
      break;
    case 'engine ready':
      findings.engineStarts++;
      break;
    case 'engine ended: restarting':
      findings.engineRestarts++;
      break;
  }
}

/** In words, for a line of progress. */
export function describeFindings(found: Findings): string {
  const parts = [
    found.recoveredSegments > 0 ? `${found.recoveredSegments} segments recovered` : '',
    found.tornBytes > 0 ? `${found.tornBytes} torn bytes cut` : '',
    found.repairs.length > 0 ? `repaired ${found.repairs.join(', ')}` : '',
    found.settlePasses > 0 ? `${found.settlePasses} settle passes` : '',
    found.retriedBatches > 0 ? `${found.retriedBatches} batches retried` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'nothing to repair' : parts.join('; ');
}
