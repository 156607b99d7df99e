/** What a process has used, as Linux counts it. Invariant: of that process alone; its children are asked apart. */
import { readdirSync, readFileSync } from 'node:fs';

const MS_PER_TICK = 10;

export interface ProcessUsage {
  /** User and system time of all its threads. */
  readonly cpuMs: number;
  readonly residentBytes: number;
  readonly openFiles: number;
}

export function usageOf(pid: number): ProcessUsage {
  const fields = statOf(pid);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const residentKib = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
    residentBytes: residentKib * 1024,
    openFiles: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** The one child of a process. @throws Error when it has none */
export function childOf(pid: number): number {
  const path = `/proc/${pid}/task/${pid}/children`;
  const child = Number(readFileSync(path, 'utf8').trim().split(' ')[0] || Number.NaN);
  if (Number.isNaN(child)) throw new Error(`process ${pid} has no child`);
  return child;
}

/** The fields of /proc/<pid>/stat behind the name of the command. */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
