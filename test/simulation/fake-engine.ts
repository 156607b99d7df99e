/**
 * The engine as it was measured to be: an insert commits one target after the other, may die, fail, be ended or be
 * given up on between any two of them, and its answer may be lost when everything is committed. In embedded mode it
 * ends with its collector; as a server it outlives it, and so do its inserts.
 */

import type { NativeFileInsert } from '@ai-cost-profiler/clickhouse/native-insert.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { createEntryBlock } from '@ai-cost-profiler/collector/rows/entry-block.ts';
import { createSpanBlock } from '@ai-cost-profiler/collector/rows/span-block.ts';
import { refusalOfInsert } from './engine-conditions.ts';
import type { FakeDisk } from './fake-disk.ts';
import { type Batch, FakeTables, partsOf, rowsFor, TARGETS, type Target } from './fake-tables.ts';
import { defaultRow, type Row, readNative } from './native-reader.ts';
import type { Mortal, World } from './world.ts';

export interface EngineFaults {
  readonly mode: 'embedded' | 'server';
  /** Of an insert whose answer is lost after it committed everything. */
  readonly lostAnswerChance: number;
  /** Of an insert that its client gives up while it goes on. */
  readonly giveUpChance: number;
  /** Of an insert to a server to arrive when its sender has given up. */
  readonly lateChance: number;
  /** Of an insert that fails, with an answer, between two targets. */
  readonly viewErrorChance: number;
  /** Of any question to fail. */
  readonly askErrorChance: number;
  /** Of the engine to crash before a commit. */
  readonly crashChance: number;
}

/** Engines that break their promise, for the test of the test. */
export interface EngineLies {
  readonly appliesTwice?: boolean;
  readonly hidesRunning?: boolean;
  readonly ignoresConditions?: boolean;
}

/** What the writer asks for. */
export type AskedInsert = Pick<NativeFileInsert, 'into' | 'select' | 'queryId'> & { path: string };

interface Insert {
  readonly queryId: string;
  readonly batch: Batch;
  readonly owner: Mortal;
  /** What is left to commit. */
  readonly left: { target: Target; rows: Row[] }[];
  readonly stepMsMax: number;
  answer: PromiseWithResolvers<void> | undefined;
  isKilled: boolean;
}

const SPAN_DEFAULTS = defaultRow(createSpanBlock().columns);
const ENTRY_DEFAULTS = defaultRow(createEntryBlock().columns);
/** FUNCTION_THROW_IF_VALUE_IS_NON_ZERO. */
const THROW_IF_CODE = 395;

const LATE_MS_MAX = 9000;

const noAnswer = (why: string) =>
  new StoreError(`no answer: ${why}`, { code: null, retryable: true, answered: false });
const passing = (why: string, code: number) =>
  new StoreError(`answered: ${why}`, { code, retryable: true, answered: true });

export class FakeEngine {
  readonly tables: FakeTables;
  isFaulty = true;
  /** Targets that some insert left behind, and batches that were given up on: what this is about. */
  readonly seen = { crashes: 0, lostAnswers: 0, givenUp: 0, late: 0, viewErrors: 0, ended: 0 };
  private readonly world: World;
  private readonly disk: FakeDisk;
  readonly faults: EngineFaults;
  private readonly lies: EngineLies;
  private readonly running = new Map<string, Insert>();
  private downUntilMs = 0;
  private onTheWay = 0;

  constructor(parts: { world: World; disk: FakeDisk; faults: EngineFaults; lies?: EngineLies }) {
    this.world = parts.world;
    this.tables = new FakeTables(() => parts.world.nowMs);
    this.disk = parts.disk;
    this.faults = parts.faults;
    this.lies = parts.lies ?? {};
  }

  /** The collector died: an embedded engine dies with it, a server goes on without it. */
  loseParent(owner: Mortal, hasLostPower: boolean): void {
    const { fate } = this.world;
    if (this.faults.mode === 'embedded') {
      for (const insert of this.running.values()) {
        for (let n = fate.below(insert.left.length + 1); n > 0; n--) {
          this.commitNext(insert, !hasLostPower);
        }
      }
      this.running.clear();
      this.tables.restart(hasLostPower, fate);
      return;
    }
    for (const insert of this.running.values()) {
      if (insert.owner === owner) {
        insert.answer = undefined;
        // A server may notice that nobody waits any more.
        insert.isKilled ||= fate.chance(0.2);
      }
    }
  }

  get isIdle(): boolean {
    return this.running.size === 0 && this.onTheWay === 0;
  }

  get isDown(): boolean {
    return this.world.nowMs < this.downUntilMs;
  }

  /** How a question fails now; undefined when it is answered. */
  failureOfQuestion(): StoreError | undefined {
    const { random } = this.world;
    if (this.isDown) return noAnswer('connection refused');
    if (!this.isFaulty || !random.chance(this.faults.askErrorChance)) return undefined;
    return random.chance(0.5) ? noAnswer('reset') : passing('memory', 241);
  }

  isRunning(queryId: string): boolean {
    return this.lies.hidesRunning !== true && this.running.has(queryId);
  }

  /** Asks for the end of an insert; it may go on all the same. */
  kill(queryId: string): void {
    const insert = this.running.get(queryId);
    if (insert !== undefined && this.world.random.chance(0.6)) insert.isKilled = true;
  }

  insert(owner: Mortal, asked: AskedInsert): Promise<void> {
    const { queryId } = asked;
    const { world, faults } = this;
    const progress = owner.isDead ? 'before' : world.point(owner, `insert ${queryId}`);
    if (progress === 'before') {
      return new Promise(() => undefined);
    }
    if (this.isDown) {
      return world.sleep(1, owner).then(() => Promise.reject(noAnswer('connection refused')));
    }
    // One that takes whatever comes late is to be found out: then enough must come late.
    const lateChance = this.lies.ignoresConditions ? 8 * faults.lateChance : faults.lateChance;
    if (faults.mode === 'server' && this.isFaulty && world.random.chance(lateChance)) {
      return this.beginLate(owner, asked);
    }
    if (this.isRunning(queryId)) {
      return world.sleep(1, owner).then(() => Promise.reject(passing('id is in use', 216)));
    }
    const refusal = refusalOfInsert(this.tables, asked.select);
    if (refusal !== undefined) {
      const error = passing(refusal, THROW_IF_CODE);
      return world.sleep(1, owner).then(() => Promise.reject(error));
    }
    // A body that was cut off commits nothing.
    if (progress === 'half' && faults.mode === 'server') {
      return new Promise(() => undefined);
    }
    const insert = this.begin(owner, asked);
    if (this.isFaulty && world.random.chance(faults.giveUpChance)) {
      this.giveUpLater(insert);
    }
    return insert.answer!.promise;
  }

  /** The request lies somewhere between: its sender gives up, and it arrives all the same. */
  private beginLate(owner: Mortal, asked: AskedInsert): Promise<void> {
    const { world, tables } = this;
    const sent = this.disk.contentOf(asked.path);
    this.onTheWay++;
    this.seen.late++;
    const arrive = () => {
      this.onTheWay--;
      const refusal = this.lies.ignoresConditions
        ? undefined
        : refusalOfInsert(tables, asked.select);
      world.tell(`${asked.queryId} arrives late: ${refusal ?? 'it begins'}`);
      if (!this.isDown && !this.isRunning(asked.queryId) && refusal === undefined) {
        this.begin(owner, asked, sent).answer = undefined;
      }
    };
    world.later(world.random.next() * LATE_MS_MAX, arrive);
    return world
      .sleep(world.random.next() * 500, owner)
      .then(() => Promise.reject(noAnswer('timed out')));
  }

  private begin(
    owner: Mortal,
    { path, into, select, queryId }: AskedInsert,
    sent = this.disk.contentOf(path),
  ): Insert {
    const { world } = this;
    const table = into.split(' (')[0]!.split('.').at(-1)!.replaceAll('`', '');
    const found = /'([0-9a-f]+)'\) AS writer_id, toUInt64\((\d+)\)/.exec(select)!;
    const batch = { writerId: found[1]!, batchSeq: Number(found[2]) };
    const rows = readNative(sent).map((row) => ({
      ...(row['row_kind'] === 1 ? SPAN_DEFAULTS : ENTRY_DEFAULTS),
      ...row,
    }));
    const targets = Object.keys(TARGETS).filter((name) => table === 'landing' || table === name);
    // An engine that denies what runs runs two of one id as well.
    const key = this.running.has(queryId) ? `${queryId} again` : queryId;
    const insert: Insert = {
      queryId: key,
      batch,
      owner,
      left: world.random.shuffle(targets as Target[]).flatMap((target) => {
        const parts = partsOf(target, rowsFor(target, rows));
        if (parts.length > 1) {
          this.tables.violations.push(`${queryId} makes ${parts.length} parts in ${target}`);
        }
        return parts.map((part) => ({ target, rows: part }));
      }),
      stepMsMax: this.isFaulty && (this.lies.hidesRunning || world.random.chance(0.1)) ? 500 : 10,
      answer: Promise.withResolvers<void>(),
      isKilled: false,
    };
    // Nobody may be left to hear of a failure.
    insert.answer?.promise.catch(() => undefined);
    this.running.set(key, insert);
    this.next(insert);
    return insert;
  }

  private next(insert: Insert): void {
    this.world.later(this.world.random.next() * insert.stepMsMax, () => this.step(insert));
  }

  private step(insert: Insert): void {
    const { world, faults, running } = this;
    if (running.get(insert.queryId) !== insert) {
      return;
    }
    if (insert.isKilled) {
      this.seen.ended++;
      this.end(insert, passing('query was cancelled', 394));
    } else if (insert.left.length === 0) {
      const isLost = this.isFaulty && world.random.chance(faults.lostAnswerChance);
      this.seen.lostAnswers += isLost ? 1 : 0;
      this.end(insert, isLost ? noAnswer('reset after commit') : undefined);
    } else if (this.isFaulty && world.random.chance(faults.crashChance)) {
      this.crash();
    } else if (this.isFaulty && world.random.chance(faults.viewErrorChance)) {
      this.seen.viewErrors++;
      this.end(insert, passing('a view ran out of memory', 241));
    } else {
      this.commitNext(insert);
      this.next(insert);
    }
  }

  private commitNext(insert: Insert, isSynced = true): void {
    const { target, rows } = insert.left.pop()!;
    this.world.tell(`${insert.queryId} commits ${rows.length} rows to ${target}`);
    this.tables.commit(target, insert.batch, rows, isSynced);
    if (this.lies.appliesTwice === true && this.world.random.chance(0.1)) {
      this.tables.commit(target, insert.batch, rows);
    }
  }

  private end(insert: Insert, error: Error | undefined): void {
    this.running.delete(insert.queryId);
    this.world.tell(`${insert.queryId} ends: ${error?.message ?? 'done'}`);
    if (insert.owner.isDead) {
      return;
    }
    if (error === undefined) {
      insert.answer?.resolve();
    } else {
      insert.answer?.reject(error);
    }
  }

  private giveUpLater(insert: Insert): void {
    const giveUp = () => {
      if (this.running.get(insert.queryId) === insert) {
        this.seen.givenUp++;
        insert.answer?.reject(noAnswer('timed out, and it goes on'));
        insert.answer = undefined;
      }
    };
    this.world.later(this.world.random.next() * 20, giveUp, insert.owner);
  }

  private crash(): void {
    const { world } = this;
    this.seen.crashes++;
    world.tell('the engine crashes');
    this.downUntilMs = world.nowMs + world.random.between(50, 3000);
    for (const insert of [...this.running.values()]) {
      this.end(insert, noAnswer('the engine crashed'));
    }
  }
}
