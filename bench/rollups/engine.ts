/**
 * The embedded engine, opened directly, for measurements only: the product talks to it through its
 * own store. One data directory per process; several databases may live in it.
 */
import { createRequire } from 'node:module';

interface ChdbAnswer {
  text(): string;
}
interface ChdbSession {
  queryAsync(sql: string, options?: { format: string }): Promise<ChdbAnswer>;
  cleanup(): void;
}
type ChdbSessionClass = new (path: string) => ChdbSession;

/** A directory of ClickHouse data, open for queries. */
export interface Engine {
  /** Runs one statement; rejects with the engine's own message. */
  run(sql: string): Promise<void>;
  /** Runs one SELECT; every value comes back as text, so that no amount passes through a float. */
  rows(sql: string): Promise<string[][]>;
  close(): void;
}

/** What one statement cost: elapsed time, and processor time of all threads of this process. */
export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Opens (or creates) the data directory. A second directory in the same process is refused. */
export function openEngine(dataDir: string): Engine {
  const requireFromClickhouse = createRequire(
    new URL('../../clickhouse/package.json', import.meta.url),
  );
  const { Session } = requireFromClickhouse('chdb') as { Session: ChdbSessionClass };
  const session = new Session(dataDir);
  return {
    async run(sql) {
      await session.queryAsync(sql, { format: 'Null' });
    },
    async rows(sql) {
      const answer = await session.queryAsync(sql, { format: 'JSONCompactStringsEachRow' });
      const lines = answer.text().split('\n');
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as string[]);
    },
    close: () => session.cleanup(),
  };
}

/** The single value of a one-row, one-column SELECT. */
export async function readValue(engine: Engine, sql: string): Promise<string> {
  const value = (await engine.rows(sql))[0]?.[0];
  if (value === undefined) {
    throw new Error(`Expected one row with one value, got none, from: ${sql}`);
  }
  return value;
}

/** Processor time is read from the process, because the engine's threads live in it. */
export async function measure(work: () => Promise<unknown>): Promise<Cost> {
  const cpuBefore = process.cpuUsage();
  const wallBefore = process.hrtime.bigint();
  await work();
  const wallMs = Number(process.hrtime.bigint() - wallBefore) / 1e6;
  const cpu = process.cpuUsage(cpuBefore);
  return { wallMs, cpuMs: (cpu.user + cpu.system) / 1e3 };
}

/** The middle value; the mean of the two middle ones when there is an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) {
    throw new RangeError('The median of no values was asked for: run at least one round.');
  }
  return (lower + upper) / 2;
}
