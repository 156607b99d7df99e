// The port to the `control` table: append-only, versioned rows. It is the audit log as well: a row says who
// changed what, when, and is never edited or removed.
// Invariant: (version, kind, id, recordedAt, actor) identifies a row: two collectors that change one thing at the same
// moment may give both changes one version, and neither is lost. Appending a row that is there already changes nothing,
// so an append without an answer may simply be repeated.
import { z } from 'zod';

export interface ControlRow {
  /** Grows with time and with what its writer had seen; see `nextVersion`. */
  readonly version: bigint;
  /** ISO 8601 in UTC with milliseconds. */
  readonly recordedAt: string;
  /** Who: `key:<id>`, `cli`, `init-keys` or `first-start`. */
  readonly actor: string;
  /** The tenant the row belongs to; '' where it belongs to none. */
  readonly tenant: string;
  readonly kind: string;
  readonly id: string;
  /** JSON whose shape the kind decides. */
  readonly payload: string;
  readonly deleted: boolean;
}

export interface ControlLoad {
  /** Rows with a version above the one asked for, in order of version. */
  readonly rows: readonly ControlRow[];
  /** How many distinct rows there are in all: a reader that knows another number has missed some. */
  readonly total: number;
}

export interface ControlStore {
  load(sinceVersion: bigint): Promise<ControlLoad>;
  /** Appends rows together; resolves when they are stored. */
  append(rows: readonly ControlRow[]): Promise<void>;
}

/** Without the payload: that of a deleted tenant's row goes, and it stays the same row. */
export const rowKeyOf = ({ version, kind, id, recordedAt, actor }: ControlRow): string =>
  `${version}/${kind}/${id}/${recordedAt}/${actor}`;

/** By version; those of one version in the same order everywhere, so that every collector has the same one in force. */
export function byVersion(a: ControlRow, b: ControlRow): number {
  if (a.version !== b.version) return a.version < b.version ? -1 : 1;
  const [one, other] = [rowKeyOf(a), rowKeyOf(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** A row in JSON: in the copy file, and as ClickHouse answers it. UInt64 does not fit a JSON number. */
export const controlRowSchema = z
  .object({
    version: z.string().regex(/^\d+$/),
    recorded_at: z.string(),
    actor: z.string(),
    tenant: z.string(),
    kind: z.string(),
    id: z.string(),
    payload: z.string(),
    deleted: z.boolean(),
  })
  .transform(
    ({ recorded_at, version, ...rest }): ControlRow => ({
      ...rest,
      version: BigInt(version),
      recordedAt: recorded_at,
    }),
  );

export function toJsonRow({ version, recordedAt, ...rest }: ControlRow) {
  return { version: String(version), recorded_at: recordedAt, ...rest };
}

/** Versions that a millisecond has, of which one is taken at random. */
export const VERSIONS_PER_MS = 1_024_000;

/**
 * The version of a new row: a clock in milliseconds with a random part below it, but always above every
 * version its writer has seen. So a change that was made in the knowledge of another comes after it, also
 * where the clocks of two collectors differ, and two writers at the same moment hardly ever collide, nor two whose
 * clocks are behind a third one's. `random`: a whole number below `VERSIONS_PER_MS`.
 */
export function nextVersion(highestSeen: bigint, now: Date, random: number): bigint {
  const clock = BigInt(now.getTime()) * BigInt(VERSIONS_PER_MS) + BigInt(random);
  return clock > highestSeen ? clock : highestSeen + 1n + BigInt(random);
}
