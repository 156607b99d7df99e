/** The collector from outside, over time: what waits in its journal, its memory, and whether questions are answered. */
import { readFileSync } from 'node:fs';

/** One look. Bytes and milliseconds as the names say; null where nothing answered. */
export interface Look {
  readonly second: number;
  readonly stage: string;
  readonly acknowledgedSpans: number;
  readonly resends: number;
  readonly journalBytes: number;
  readonly segments: number;
  readonly residentBytes: number;
  readonly ackMsP50: number;
  readonly ackMsMax: number;
  /** Of a question about costs; null when it was not answered with 200. */
  readonly questionMs: number | null;
}

const QUESTION_MS_MAX = 10_000;
/** Linux on every machine that this runs on. */
const TICKS_PER_S = 100;

/** What /metrics says of the journal. */
export async function readJournal(url: string): Promise<{ bytes: number; segments: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = (name: string) =>
    Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    bytes: value('aicost_journal_bytes'),
    segments:
      value('aicost_journal_segments{state="sealed"}') +
      value('aicost_journal_segments{state="open"}'),
  };
}

/** Resident memory of a process. */
export function residentBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

/** What /readyz says while ClickHouse is away, as far as it is not what it must say; none when it is. */
export async function checkReadinessAway(url: string): Promise<string[]> {
  const [ingest, query] = await Promise.all([
    fetch(`${url}/readyz`),
    fetch(`${url}/readyz?for=query`),
  ]);
  const { parts } = (await ingest.json()) as {
    parts: { name: string; ok: boolean; detail: string }[];
  };
  await query.arrayBuffer();
  const writer = parts.find(({ name }) => name === 'writer');
  const told = `/readyz ${ingest.status}, for=query ${query.status}, writer ${JSON.stringify(writer)}`;
  const isTrue = ingest.status === 200 && query.status === 503 && writer?.ok === false;
  return isTrue ? [] : [`while ClickHouse is away: expected 200, 503 and ok: false; found ${told}`];
}

/** User and system time of a process so far; 0 when it is gone. A noisy machine does not change it. */
export function cpuSeconds(pid: number | undefined): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      return 0;
    }
    throw error;
  }
}

/** Asks for the costs of the last hours; how long it took, or null when it was not answered with 200. */
export async function askCosts(url: string, key: string): Promise<number | null> {
  const startMs = performance.now();
  try {
    const answer = await fetch(`${url}/api/v1/costs/breakdown?from=now-6h&to=now&by=model`, {
      headers: { 'x-api-key': key },
      signal: AbortSignal.timeout(QUESTION_MS_MAX),
    });
    await answer.arrayBuffer();
    return answer.ok ? performance.now() - startMs : null;
  } catch (error) {
    if (error instanceof Error) {
      return null;
    }
    throw error;
  }
}
