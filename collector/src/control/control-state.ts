// The control state as this collector knows it: the union of its copy and what ClickHouse holds.
// Invariants: rows are never forgotten (the union only grows, so the order in which rows arrive does not matter);
// a row known here that ClickHouse lacks is appended to it, which is how rows made while it was away get there.
import type { KeyRecord } from '../access.ts';
import type { Logger } from '../log.ts';
import { unavailable } from '../problems.ts';
import { withoutErased } from '../tenant-states.ts';
import { readControlCopy, writeControlCopy } from './control-copy.ts';
import {
  byVersion,
  type ControlRow,
  type ControlStore,
  nextVersion,
  rowKeyOf,
  VERSIONS_PER_MS,
} from './control-store.ts';
import { foldKeys } from './key-rows.ts';

/** A row before it has its version and instant. */
export type ControlChange = Omit<ControlRow, 'version' | 'recordedAt'>;

export interface ControlState {
  readonly keys: ReadonlyMap<string, KeyRecord>;
  /** Grows whenever a row was learned: who derives something from the rows asks here whether it still holds. */
  readonly revision: number;
  /** Every row, by version: the audit log. */
  history(): readonly ControlRow[];
  /** Reads what others changed and hands in what ClickHouse lacks. @throws when ClickHouse is away */
  refresh(): Promise<void>;
  /** Appends to ClickHouse, then here. @throws Problem engine_unavailable: then nothing is promised */
  append(changes: readonly ControlChange[]): Promise<void>;
  /** Takes rows into the copy at once; `refresh` hands them to ClickHouse when it can. */
  adopt(changes: readonly ControlChange[]): Promise<void>;
  /** When ClickHouse was last read; null while it never was. */
  readonly refreshedAt: Date | null;
}

export interface ControlStateDeps {
  /** null: no ClickHouse at hand (a command beside a stopped collector); everything is adopted. */
  readonly store: ControlStore | null;
  readonly copyPath: string;
  readonly now: () => Date;
  /** A whole number below `below`. */
  readonly randomInt: (below: number) => number;
  readonly log: Logger;
}

/** Opens the state from its copy. ClickHouse is not asked until `refresh`. */
export async function openControlState(deps: ControlStateDeps): Promise<ControlState> {
  const rows = await readControlCopy(deps.copyPath);
  const known = new Map(rows.map((row) => [rowKeyOf(row), row]));
  return new UnionState(deps, known);
}

class UnionState implements ControlState {
  readonly #deps: ControlStateDeps;
  readonly #known: Map<string, ControlRow>;
  #highest: bigint;
  #refreshedAt: Date | null = null;
  #keys: ReadonlyMap<string, KeyRecord>;
  /** Set while the copy lacks rows, also when writing it failed: the next change or refresh tries again. */
  #isCopyStale = false;
  /** It was said already that the copy cannot be written. */
  #isCopyFailing = false;
  /** One change or refresh at a time: each builds on what the one before it saw. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: ControlStateDeps, known: Map<string, ControlRow>) {
    this.#deps = deps;
    this.#known = known;
    this.#highest = highestVersion(known.values(), 0n);
    this.#keys = foldKeys(this.history());
  }

  get keys() {
    return this.#keys;
  }

  get revision() {
    return this.#known.size;
  }

  get refreshedAt() {
    return this.#refreshedAt;
  }

  history(): readonly ControlRow[] {
    return [...this.#known.values()].sort(byVersion);
  }

  refresh(): Promise<void> {
    return this.#inTurn(() => this.#refresh());
  }

  append(changes: readonly ControlChange[]): Promise<void> {
    const { store } = this.#deps;
    if (store === null) return this.adopt(changes);
    return this.#inTurn(async () => {
      let rows: readonly ControlRow[];
      try {
        await this.#refresh();
        rows = this.#stamp(changes);
        await store.append(rows);
      } catch (error) {
        this.#deps.log.warn({ err: error }, 'a change of the control state was not stored');
        const detail = 'ClickHouse did not take the change. Try again.';
        throw unavailable('engine_unavailable', detail, 1, { cause: error });
      }
      await this.#learn(rows);
    });
  }

  adopt(changes: readonly ControlChange[]): Promise<void> {
    return this.#inTurn(async () => {
      this.#remember(this.#stamp(changes));
      // Nobody else has these rows yet.
      if (this.#isCopyStale) await this.#writeCopy();
    });
  }

  async #refresh(): Promise<void> {
    const { store, now } = this.#deps;
    if (store === null) return;
    const newer = await store.load(this.#highest);
    await this.#learn(newer.rows);
    if (newer.total !== this.#known.size) await this.#reconcile(store);
    this.#refreshedAt = now();
  }

  /** The counts differ: rows with a lower version came late, or ClickHouse lacks some of ours. */
  async #reconcile(store: ControlStore): Promise<void> {
    const all = await store.load(0n);
    await this.#learn(all.rows);
    const stored = new Set(all.rows.map(rowKeyOf));
    const missing = this.history().filter((row) => !stored.has(rowKeyOf(row)));
    if (missing.length === 0) return;
    await store.append(missing);
    this.#deps.log.info(
      { rows: missing.length },
      'control rows that ClickHouse lacked were handed to it',
    );
  }

  /** Rows that ClickHouse has: a copy that cannot be written now is written with the next refresh. */
  async #learn(rows: readonly ControlRow[]): Promise<void> {
    this.#remember(rows);
    if (!this.#isCopyStale) return;
    try {
      await this.#writeCopy();
      this.#isCopyFailing = false;
    } catch (error) {
      const { log } = this.#deps;
      const text = 'the copy of the control state was not written; it is tried again';
      if (!this.#isCopyFailing) log.warn({ err: error }, text);
      this.#isCopyFailing = true;
    }
  }

  #remember(rows: readonly ControlRow[]): void {
    const fresh = rows.filter((row) => !this.#known.has(rowKeyOf(row)));
    if (fresh.length === 0) return;
    for (const row of fresh) this.#known.set(rowKeyOf(row), row);
    this.#highest = highestVersion(fresh, this.#highest);
    for (const row of withoutErased(this.history())) this.#known.set(rowKeyOf(row), row);
    this.#keys = foldKeys(this.history());
    this.#isCopyStale = true;
  }

  async #writeCopy(): Promise<void> {
    await writeControlCopy(this.#deps.copyPath, this.history());
    this.#isCopyStale = false;
  }

  #stamp(changes: readonly ControlChange[]): ControlRow[] {
    const now = this.#deps.now();
    let highest = this.#highest;
    return changes.map((change) => {
      highest = nextVersion(highest, now, this.#deps.randomInt(VERSIONS_PER_MS));
      return { ...change, version: highest, recordedAt: now.toISOString() };
    });
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const run = this.#turn.then(step);
    // The next in turn runs whatever became of this one; its caller has the failure.
    this.#turn = run.catch(() => undefined);
    return run;
  }
}

function highestVersion(rows: Iterable<ControlRow>, atLeast: bigint): bigint {
  let highest = atLeast;
  for (const row of rows) if (row.version > highest) highest = row.version;
  return highest;
}
