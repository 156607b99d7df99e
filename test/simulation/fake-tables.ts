/**
 * The tables of the fake engine: parts of rows, by batch. A part is on the disk before it can be seen
 * (fsync_after_insert, fsync_part_directory); only what was being committed when the power failed may be gone. What the
 * design forbids (a batch that becomes several parts in one target) is done, as the real engine does it, and noted.
 */
import type { Random } from '../kill/random.ts';
import type { Row } from './native-reader.ts';

/** The targets of the star and the kind of row each view takes. */
export const TARGETS = {
  cost_daily: 'entry',
  cost_day_batches: 'entry',
  cost_hourly: 'entry',
  ledger: 'entry',
  spans: 'span',
  traces: 'span',
} as const satisfies Record<string, 'span' | 'entry'>;

export type Target = keyof typeof TARGETS;

export interface Batch {
  readonly writerId: string;
  readonly batchSeq: number;
}

interface Part extends Batch {
  readonly target: Target;
  readonly rows: readonly Row[];
  isSynced: boolean;
}

const NS_PER_DAY = 86_400_000_000_000n;
const ROW_KINDS = { span: 1, entry: 2 } as const;
/** The engine squashes blocks up to ten times the cap of a segment (store-settings.ts). */
const SQUASHED_ROWS_MAX = 1_000_000;

function dayOf(row: Row): string {
  const ms = Number((row['start_time'] as bigint) / NS_PER_DAY) * 86_400_000;
  return new Date(ms).toISOString().slice(0, 10);
}

/** Rows that a target's view makes something of. */
export function rowsFor(target: Target, rows: readonly Row[]): Row[] {
  return rows.filter((row) => row['row_kind'] === ROW_KINDS[TARGETS[target]]);
}

/** The parts an insert of these rows makes in a target: one for each partition and block. */
export function partsOf(target: Target, rows: readonly Row[]): Row[][] {
  const partition = (row: Row) =>
    target === 'traces' ? '' : target === 'spans' ? dayOf(row) : dayOf(row).slice(0, 7);
  return [...Map.groupBy(rows, partition).values()].flatMap((part) => {
    const blocks: Row[][] = [];
    for (let from = 0; from < part.length; from += SQUASHED_ROWS_MAX) {
      blocks.push(part.slice(from, from + SQUASHED_ROWS_MAX));
    }
    return blocks;
  });
}

interface Mark {
  readonly through?: string;
  readonly begun?: string;
  readonly stored?: Readonly<Record<string, string>>;
  readonly claim?: string;
}

export class FakeTables {
  private parts: Part[] = [];
  /** What should never have come. */
  readonly violations: string[] = [];
  /** settle_marks: up to when passes are through, and have begun, in nanoseconds since 1970. */
  readonly marks = { through: 0n, begun: 0n };
  /** Of each writer the highest batch that passes noted as looked at, and when the first one did. */
  readonly looked = new Map<string, { batch: bigint; sinceMs: number }>();
  /** Writers of whose batches another process told. */
  readonly claims = new Set<string>();
  /** The engine's clock. */
  readonly nowMs: () => number;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  /** Rows for settle_marks, and claims of writers. */
  mark(rows: readonly Mark[]): void {
    for (const row of rows) {
      for (const [writer, text] of Object.entries(row.stored ?? {})) {
        const batch = BigInt(text);
        if (batch > (this.looked.get(writer)?.batch ?? -1n)) {
          this.looked.set(writer, { batch, sinceMs: this.nowMs() });
        }
      }
      if (row.claim !== undefined) this.claims.add(row.claim);
      for (const what of ['through', 'begun'] as const) {
        const ns = BigInt(Date.parse(row[what] ?? '1970-01-01T00:00:00Z')) * 1_000_000n;
        if (ns > this.marks[what]) this.marks[what] = ns;
      }
    }
  }

  commit(target: Target, batch: Batch, rows: readonly Row[], isSynced = true): void {
    this.parts.push({ target, ...batch, rows, isSynced });
  }

  /** The engine died, and perhaps the power failed. */
  restart(hasLostPower: boolean, random: Random): void {
    const isKept = ({ isSynced }: Part) => isSynced || !hasLostPower || random.chance(0.5);
    this.parts = this.parts.filter(isKept);
    for (const part of this.parts) part.isSynced = true;
  }

  /** Of all batches, or of some. */
  rows(target: Target, isAsked: (batch: Batch) => boolean = () => true): Row[] {
    return this.parts
      .filter((part) => part.target === target && isAsked(part))
      .flatMap(({ rows }) => rows);
  }

  /** Batches of a writer in a target, of one day or all. */
  batches(target: Target, writerId: string, day?: string): number[] {
    return this.parts
      .filter((part) => part.target === target && part.writerId === writerId)
      .filter(({ rows }) => day === undefined || rows.some((row) => dayOf(row) === day))
      .map(({ batchSeq }) => batchSeq);
  }

  /** Of each writer the highest batch in a target. */
  highest(target: Target): Map<string, number> {
    const highest = new Map<string, number>();
    for (const part of this.parts) {
      if (part.target !== target) continue;
      highest.set(part.writerId, Math.max(part.batchSeq, highest.get(part.writerId) ?? 0));
    }
    return highest;
  }

  /** Rows of a batch in a target that start on a day. */
  count(target: Target, { writerId, batchSeq }: Batch, day: string): number {
    return this.parts
      .filter((part) => part.target === target)
      .filter((part) => part.writerId === writerId && part.batchSeq === batchSeq)
      .reduce((sum, { rows }) => sum + rows.filter((row) => dayOf(row) === day).length, 0);
  }
}
