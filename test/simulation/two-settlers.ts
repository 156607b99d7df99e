/**
 * One run of two collectors on one server, each of which would settle: processes stand still for minutes in the
 * middle of anything, or die, and go on or start again when the other one has taken over. The seed decides
 * everything.
 */
import { ClaimsFile } from '@ai-cost-profiler/collector/settle/ownership/claims-file.ts';
import { ClusterOwnership } from '@ai-cost-profiler/collector/settle/ownership/cluster-ownership.ts';
import type { OwnershipEvent } from '@ai-cost-profiler/collector/settle/ownership/cluster-ownership-deps.ts';
import { Random } from '../kill/random.ts';
import { FakeDisk } from './fake-disk.ts';
import { FakeEngine } from './fake-engine.ts';
import { FakeRegister } from './fake-register.ts';
import { judgeBills } from './invariants.ts';
import { type ClusterPlace, Life, type Surroundings } from './life.ts';
import { drawScenario } from './scenario.ts';
import { Senders } from './senders.ts';
import { Standstill, World } from './world.ts';

export interface TwoSettlersPlan {
  readonly seed: number;
  readonly keepsStory?: boolean;
  /** For the test of the test: nobody looks at what a former owner left. */
  readonly forgetsDebts?: boolean;
}

export interface TwoSettlersReport {
  readonly failures: readonly string[];
  readonly story: readonly string[];
  readonly events: Readonly<Record<OwnershipEvent['kind'], number>>;
}

const EVENTS_MAX = 400_000;
const WATCH_MS = 1_000;
/** Requests go on while somebody stands still. */
const GAP_MS_MAX = 30_000;
const PAUSE_MS_MAX = 150_000;
/** In which calls of all somebody stands still, or dies. */
const POINTS_MAX = 900;

export async function simulateTwoSettlers(plan: TwoSettlersPlan): Promise<TwoSettlersReport> {
  const run = new Run(plan);
  await run.toItsEnd();
  return run.report();
}

interface Slot {
  readonly name: string;
  /** What survives a process beside the journal. */
  claims: string | undefined;
  life: Life | undefined;
}

class Run {
  private readonly plan: TwoSettlersPlan;
  private readonly world: World;
  private readonly disk: FakeDisk;
  private readonly engine: FakeEngine;
  private readonly register: FakeRegister;
  private readonly senders: Senders;
  private readonly around: Omit<Surroundings, 'cluster'>;
  private readonly slots: readonly Slot[];
  private readonly failures: string[] = [];
  private readonly events = { taken: 0, lost: 0, stored: 0, failed: 0 };
  private isOver = false;
  /** Whether both have started anew since all was at rest. */
  private hasBegunAnew = false;

  constructor(plan: TwoSettlersPlan) {
    const { seed, keepsStory = false } = plan;
    const random = new Random(seed).fork(2);
    const drawn = drawScenario(seed);
    const engineFaults = { ...drawn.engine, mode: 'server' as const };
    const noFaults = { failChance: 0, fullFromMs: 0, fullToMs: 0, keepsOrder: true };
    const scenario = { ...drawn, engine: engineFaults, disk: noFaults };
    const pausesMs = new Map(
      Array.from({ length: 5 }, () => [
        random.between(20, POINTS_MAX),
        random.between(1_000, PAUSE_MS_MAX),
      ]),
    );
    const crashes = random.chance(0.5) ? [random.between(20, POINTS_MAX)] : [];
    const world = new World({ seed, crashes, keepsStory, pausesMs });
    this.plan = plan;
    this.world = world;
    this.disk = new FakeDisk(world, noFaults);
    this.engine = new FakeEngine({ world, disk: this.disk, faults: engineFaults });
    this.register = new FakeRegister(world);
    this.around = {
      world,
      disk: this.disk,
      engine: this.engine,
      scenario,
      onFailure: (text) => this.failures.push(text),
      expectStored: () => () => undefined,
    };
    this.slots = ['one', 'two'].map((name) => ({ name, claims: undefined, life: undefined }));
    const balance = () => world.random.pick(this.slots.map(({ life }) => life));
    this.senders = new Senders(world, scenario, balance, GAP_MS_MAX);
  }

  async toItsEnd(): Promise<void> {
    const { world, engine } = this;
    for (const slot of this.slots) this.start(slot);
    void this.watch();
    try {
      while (!this.isOver || !engine.isIdle) {
        await world.run(() => (this.isOver && engine.isIdle) || world.hasCrashed, EVENTS_MAX);
        if (world.hasCrashed) this.bury();
      }
    } catch (error) {
      if (!(error instanceof Standstill)) throw error;
      this.failures.push(error.message);
    }
  }

  report(): TwoSettlersReport {
    const { engine, senders, failures, world, events } = this;
    const wrong = [...failures, ...judgeBills(engine.tables, senders)];
    return { failures: wrong, story: world.story, events };
  }

  private start(slot: Slot): void {
    this.world.tell(`${slot.name} starts`);
    slot.life = new Life({ ...this.around, cluster: this.placeOf(slot) });
  }

  private bury(): void {
    const { world, disk, engine, slots } = this;
    world.hasCrashed = false;
    for (const slot of slots) {
      const { life } = slot;
      if (life?.isDead !== true) continue;
      disk.abandon(life);
      engine.loseParent(life, false);
      life.hasDied();
      slot.life = undefined;
      world.later(world.fate.between(50, PAUSE_MS_MAX), () => this.start(slot));
    }
  }

  private placeOf(slot: Slot): ClusterPlace {
    const { world, register, events } = this;
    return {
      journalDirectory: `/data/${slot.name}`,
      openOwnership: async ({ life, journal, stored }) => {
        const claimsDisk = {
          read: async () => slot.claims,
          write: async (text: string) => {
            slot.claims = text;
          },
        };
        const ownership = new ClusterOwnership({
          register: register.of(life),
          claims: await ClaimsFile.open(claimsDisk, [journal.writerId, ...journal.queue.writerIds]),
          writer: journal.writerId,
          name: slot.name,
          isStanding: true,
          oldestMs: () => journal.oldestMs,
          stored,
          isAside: () => journal.queue.setAsideCounts.poison > 0,
          reentered: journal.queue.reentered,
          steadyMs: () => world.nowMs,
          nowMs: () => Math.floor(world.nowMs),
          timers: world.timersOf(life),
          onEvent: ({ kind }) => {
            world.tell(`${slot.name}: ${kind}`);
            events[kind]++;
          },
        });
        ownership.start();
        if (this.plan.forgetsDebts === true) ownership.debts = () => [];
        return ownership;
      },
    };
  }

  /** Until all is sent and stored, nobody stands still, and what former owners left was looked at. */
  private async watch(): Promise<void> {
    const { world, engine, register, senders, slots } = this;
    while (!this.isOver) {
      await world.sleep(WATCH_MS);
      engine.isFaulty = register.isFaulty = !senders.areDone;
      const isAtRest = slots.every(
        ({ life }) => life?.isReady === true && life.isStored && life.pausedUntilMs <= world.nowMs,
      );
      const debts = (await register.whole.read())?.state.debts ?? [];
      const isPaid = debts.length === 0 || this.plan.forgetsDebts === true;
      if (!senders.areDone || !isAtRest || !isPaid) continue;
      if (this.hasBegunAnew) await this.finish();
      else this.beginAnew();
    }
  }

  /** What may have been half stored is looked at ever more seldom: whoever starts does not wait for that. */
  private beginAnew(): void {
    this.hasBegunAnew = true;
    for (const { life } of this.slots) if (life !== undefined) this.world.kill(life);
  }

  /** Whoever is the owner settles all; what it finds then is what settle would have found in time. */
  private async finish(): Promise<void> {
    for (const { life } of this.slots) {
      try {
        if (life === undefined) continue;
        const died = life.died.then(() => Promise.reject(new Error('it died')));
        await Promise.race([life.finish(), died]);
        this.isOver = true;
        return;
      } catch (error) {
        this.world.tell(`not finished: ${error}`);
      }
    }
  }
}
