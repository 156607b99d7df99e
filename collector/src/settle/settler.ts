/**
 * Settle: finished groups of traces get the entries that bring the ledger to what it should say. It reads only after
 * every row journalled here before it began is stored, and writes through the same journal as everything else.
 */
import { setImmediate } from 'node:timers/promises';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { type EntryJournal, StagedEntries } from './append-entries.ts';
import { readSlice, type Slice, type Step, stepsOf } from './candidates.ts';
import { type CutGroup, findCuts } from './cut-groups.ts';
import type { EntryMaker } from './difference.ts';
import { isFirstSeen, traceIdsOf } from './first-seen.ts';
import { type KnownRelations, readRelations } from './known-relations.ts';
import type { LateBatches } from './late-batches.ts';
import { type LoadedGroup, loadGroups } from './load-groups.ts';
import { loadTraces, rangeOfTraces } from './load-traces.ts';
import type { Again, Reentered } from './look-again.ts';
import type { OpenTraces } from './open-traces.ts';
import { owedOf } from './ownership/owed-entries.ts';
import { type SettleOwnership, SOLE_OWNER, type StoredDebt } from './ownership/settle-ownership.ts';
import { PassStart } from './pass-start.ts';
import { SealedDays } from './sealed-days.ts';
import { settleCutGroup } from './settle-cut-group.ts';
import { settleGroup } from './settle-group.ts';
import { insertMark, isoOf, readBegunNs, readThroughNs, type SettleMark } from './settle-marks.ts';
import type { SettleProgress } from './settle-progress.ts';

export interface SettlerDeps {
  store: Store;
  journal: EntryJournal;
  maker: EntryMaker;
  /** What requests of this process decide meanwhile. */
  open: OpenTraces;
  /** How long a trace must have been idle. */
  settleAfterMs: number;
  nowMs: () => number;
  /** When this process began to take spans; since it was made, if not given. Milliseconds since 1970. */
  sinceMs?: number;
  /** What others store late. */
  late: LateBatches;
  /** What was put back after it was set aside, and is stored; nothing ever was, if not given. */
  reentered?: Reentered;
  /** Whether this process may append; it is the only one that settles, if not given. */
  ownership?: SettleOwnership;
  /** Tells how long it kept the event loop; the clock of the process, if not given. */
  elapsedMs?: () => number;
  /** Resolves when every row that came in until now is stored. */
  stored: () => Promise<void>;
  /** Is told of entries of a tenant that were appended and are durable. */
  onCorrected?: (tenant: string, entries: readonly LedgerEntry[]) => void;
}

/** What one pass carries from step to step. */
interface Pass {
  readonly progress: SettleProgress;
  /** Traces that were settled with others: their entries may not be stored yet. */
  readonly together: Set<string>;
  readonly onProgress: ((progress: SettleProgress) => void) | undefined;
}

interface ReadStep {
  readonly step: Step;
  readonly groups: readonly LoadedGroup[];
  /** Of each group that is not whole any more, what is left of it. */
  readonly cuts: readonly (CutGroup | undefined)[];
}

/** What is known of the traces of a slice before any of them is read. */
interface Around {
  readonly relations: (tenant: string) => KnownRelations;
  readonly readSealed: () => Promise<SealedDays>;
  /** As they were read last. */
  sealed: SealedDays;
}

const NS_PER_MS = 1_000_000n;
/** Requests are answered in between. */
const BUSY_MS_MAX = 5;

export class Settler {
  private readonly deps: SettlerDeps;
  /** One pass at a time: two would both append the same difference. */
  private turn: Promise<unknown> = Promise.resolve();
  private readonly start: PassStart;
  private readonly ownership: SettleOwnership;
  /** The ownership in which the last pass ran. */
  private epoch = 0;

  constructor(deps: SettlerDeps) {
    this.deps = deps;
    this.ownership = deps.ownership ?? SOLE_OWNER;
    this.start = new PassStart(deps.sinceMs ?? deps.nowMs());
  }

  /**
   * Settles every trace that is idle, or, with `all`, every trace that has anything new. Resolves with what was done.
   * Rejects with StoreError or JournalUnavailable; what was appended until then stands, and the next pass goes on.
   */
  settle(options: {
    all: boolean;
    onProgress?: (progress: SettleProgress) => void;
  }): Promise<SettleProgress> {
    return this.exclusively(() => this.pass(options));
  }

  /** Runs other work that appends corrections, such as repricing, while no pass runs, here or in another process. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.inTurn(() => this.ownership.hold(work));
  }

  /** Runs work that appends nothing while no pass runs here, whoever settles. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async pass(options: {
    all: boolean;
    onProgress?: (progress: SettleProgress) => void;
  }): Promise<SettleProgress> {
    const { store, nowMs, settleAfterMs, stored, open, late: lateBatches } = this.deps;
    const startedMs = nowMs();
    if (options.all) {
      open.releaseAll();
    }
    await stored();
    const debts = this.ownership.debts();
    const reentered = this.deps.reentered?.due ?? [];
    let again: Again = await this.lookAgain(debts, reentered);
    let settledNs = this.start.fromNs(await readThroughNs(store), startedMs);
    const begunNs = await readBegunNs(store);
    // A span may still come in within the millisecond in which the pass began: it is left to the next one.
    const throughMs = startedMs - 1 - (options.all ? 0 : settleAfterMs);
    const throughNs = BigInt(throughMs) * NS_PER_MS;
    const progress: SettleProgress = {
      traces: 0,
      corrected: 0,
      entries: 0,
      resolved: 0,
      settledThrough: null,
    };
    const pass = { progress, together: new Set<string>(), onProgress: options.onProgress };
    while (settledNs < throughNs) {
      const slice = await readSlice(store, { afterNs: settledNs, throughNs, begunNs, again });
      await this.settleSlice(slice, pass);
      if (options.all || progress.entries > 0) {
        // Whoever asked looks at the sums next, and a mark says that they are as settle wants them.
        await stored();
      }
      const isLast = slice.throughNs >= throughNs;
      await this.mark({
        through: isoOf(slice.throughNs),
        ...(isLast ? { stored: lateBatches.end() } : {}),
      });
      settledNs = slice.throughNs;
      this.start.passed(settledNs);
      // A slice that was cut went up to some receipt: what is left of them lies behind it.
      again = {};
      if (isLast) {
        lateBatches.ended();
        await this.ownership.forgive(debts);
        await this.deps.reentered?.looked(reentered);
      }
    }
    return { ...progress, settledThrough: isoOf(settledNs) };
  }

  /** What is to be looked at although it came in before the mark. */
  private async lookAgain(
    debts: readonly StoredDebt[],
    reentered: readonly string[],
  ): Promise<Again> {
    const { store, late } = this.deps;
    if (this.epoch !== this.ownership.epoch) late.restart();
    this.epoch = this.ownership.epoch;
    const told = debts.flatMap((debt) => debt.reentered ?? []);
    return {
      late: await late.begin(store),
      owed: owedOf(debts),
      reentered: [...reentered, ...told],
    };
  }

  /** While one step is settled, the next is read. */
  private async settleSlice(slice: Slice, pass: Pass): Promise<void> {
    const around = await this.lookAround(slice);
    const { relations, sealed } = around;
    // What starts beside expired spans may be one of them again: who took it in could not know.
    const open = slice.candidates.filter(
      (place) =>
        !place.isResolved ||
        !relations(place.tenant).isAlone(place.traceId) ||
        sealed.isNear(place.tenant, rangeOfTraces([place])),
    );
    pass.progress.resolved += slice.candidates.length - open.length;
    if (open.length > 0) {
      // Whoever comes after a pass that ended half way must not rely on what it has overtaken.
      await this.mark({ begun: isoOf(slice.throughNs) });
    }
    const steps = stepsOf(open);
    let reading = this.readNext(steps, around);
    for (let read = await reading; read !== undefined; read = await reading) {
      reading = this.readNext(steps, around);
      await this.settleStep(read, pass);
      pass.onProgress?.({ ...pass.progress });
    }
  }

  private async lookAround(slice: Slice): Promise<Around> {
    const { store } = this.deps;
    const relations = await readRelations(store, slice);
    const { candidates } = slice;
    const isAny = candidates.length > 0;
    const readSealed = async () =>
      isAny ? SealedDays.read(store, rangeOfTraces(candidates)) : SealedDays.none;
    return { relations, readSealed, sealed: await readSealed() };
  }

  /** The next step with its groups; undefined when there is none. */
  private readNext(steps: Iterator<Step>, around: Around): Promise<ReadStep | undefined> {
    const { store, open, stored } = this.deps;
    const next = steps.next();
    const read = async (step: Step): Promise<ReadStep> => {
      const { tenant, candidates } = step;
      for (;;) {
        const spans = await loadTraces(store, { tenant, traces: candidates });
        const groups = await loadGroups(store, {
          tenant,
          spans,
          relations: around.relations(tenant),
        });
        if (!open.release(tenant, groups.flatMap(traceIdsOf))) {
          const sealed = await around.readSealed();
          // One that owned settle before may have sealed a day since, and deleted what was to be read.
          if (sealed.isSame(around.sealed)) {
            return { step, groups, cuts: await findCuts(store, { tenant, groups, sealed }) };
          }
          around.sealed = sealed;
        } else {
          // A request may have added to what was read; from now on none does.
          await stored();
        }
      }
    };
    const reading = next.done === true ? Promise.resolve(undefined) : read(next.value);
    // A failure is met where the step is awaited; until then it must not count as unhandled.
    reading.catch(() => undefined);
    return reading;
  }

  private async settleStep({ step, groups, cuts }: ReadStep, pass: Pass): Promise<void> {
    const { journal, maker, elapsedMs = () => performance.now() } = this.deps;
    const { progress, together } = pass;
    const corrected = new Set<string>();
    const appended: LedgerEntry[] = [];
    const staged = new StagedEntries(journal);
    let lastPauseMs = elapsedMs();
    for (const [i, group] of groups.entries()) {
      if (isFirstSeen(step.tenant, group, together)) {
        const cut = cuts[i];
        const corrections =
          cut === undefined
            ? settleGroup(group.spans, group.entries, maker)
            : settleCutGroup(cut, maker);
        this.ownership.assertHeld();
        staged.stage(corrections);
        appended.push(...corrections);
        progress.entries += corrections.length;
        for (const { traceId } of corrections) corrected.add(traceId);
      }
      if (elapsedMs() - lastPauseMs > BUSY_MS_MAX) {
        await setImmediate();
        lastPauseMs = elapsedMs();
      }
    }
    progress.traces += step.candidates.length;
    progress.corrected += corrected.size;
    await staged.commit();
    this.deps.onCorrected?.(step.tenant, appended);
  }

  /** Up to when received spans are settled; 0 when nothing ever was. */
  settledThroughNs(): Promise<bigint> {
    return readThroughNs(this.deps.store);
  }

  private async mark(mark: SettleMark): Promise<void> {
    this.ownership.assertHeld();
    await insertMark(this.deps.store, mark, this.deps.nowMs());
  }
}
