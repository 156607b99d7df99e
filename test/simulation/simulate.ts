/** One run: a scenario, and the points at which the process dies. The seed and the points decide everything. */
import { type DiskLies, FakeDisk } from './fake-disk.ts';
import { type EngineLies, FakeEngine } from './fake-engine.ts';
import { judge, storedVersions } from './invariants.ts';
import { Life, type Surroundings } from './life.ts';
import { drawScenario } from './scenario.ts';
import { Senders } from './senders.ts';
import { Standstill, World } from './world.ts';

export interface RunPlan {
  readonly seed: number;
  /** The process dies in its n-th call to disk, engine or timers; n ascends, and counts over all processes. */
  readonly crashes: readonly number[];
  /** Keeps what happened, for a person. */
  readonly keepsStory?: boolean;
  readonly lies?: DiskLies & EngineLies;
}

export interface RunReport {
  readonly seed: number;
  readonly crashes: readonly number[];
  readonly failures: readonly string[];
  /** Calls to disk, engine and timers: where a process may die. */
  readonly points: number;
  /** The same for the same plan. */
  readonly digest: number;
  readonly acknowledged: number;
  readonly story: readonly string[];
  readonly engine: FakeEngine['seen'];
}

const EVENTS_MAX = 100_000;
const WATCH_MS = 100;

export async function simulate(plan: RunPlan): Promise<RunReport> {
  const run = new Run(plan);
  await run.toItsEnd();
  return run.report();
}

class Run {
  private readonly plan: RunPlan;
  private readonly world: World;
  private readonly failures: string[] = [];
  private readonly around: Surroundings;
  private readonly senders: Senders;
  private life: Life | undefined;
  private isFinishing = false;
  private isOver = false;

  constructor(plan: RunPlan) {
    const { seed, crashes, keepsStory = false, lies = {} } = plan;
    this.plan = plan;
    const scenario = drawScenario(seed);
    const world = new World({ seed, crashes, keepsStory });
    const disk = new FakeDisk(world, scenario.disk, lies);
    const engine = new FakeEngine({ world, disk, faults: scenario.engine, lies });
    this.world = world;
    this.around = {
      world,
      disk,
      engine,
      scenario,
      onFailure: (text) => this.failures.push(text),
      expectStored: () => this.expectStored(),
    };
    this.senders = new Senders(world, scenario, () => this.life);
  }

  async toItsEnd(): Promise<void> {
    const { world } = this;
    this.startLife();
    void this.watch();
    try {
      const { engine } = this.around;
      while (!this.isOver || !engine.isIdle) {
        const isOver = () => this.isOver && engine.isIdle;
        await world.run(() => isOver() || world.hasCrashed, EVENTS_MAX);
        if (world.hasCrashed) this.bury(this.life!);
      }
    } catch (error) {
      if (!(error instanceof Standstill)) throw error;
      this.failures.push(error.message);
    }
  }

  report(): RunReport {
    const { world, plan, failures, senders } = this;
    const { engine } = this.around;
    return {
      seed: plan.seed,
      crashes: plan.crashes,
      failures: [...failures, ...judge(engine.tables, senders)],
      points: world.points,
      digest: world.digest >>> 0,
      acknowledged: senders.acknowledged.size,
      story: world.story,
      engine: engine.seen,
    };
  }

  private startLife(): void {
    this.world.tell('a process starts');
    this.life = new Life(this.around);
  }

  private bury(life: Life): void {
    const { world, disk, engine, scenario } = this.around;
    world.hasCrashed = false;
    this.isFinishing = false;
    disk.abandon(life);
    const hasLostPower = !life.hasGivenUp && world.fate.chance(scenario.powerChance);
    engine.loseParent(life, hasLostPower);
    if (hasLostPower) {
      disk.losePower();
    }
    life.hasDied();
    this.life = undefined;
    world.later(world.fate.between(50, 1000), () => this.startLife());
  }

  /** When everything is sent, nothing fails any more, and all must come right. */
  private async watch(): Promise<void> {
    const { world, disk, engine } = this.around;
    while (!this.isOver) {
      await world.sleep(WATCH_MS);
      const { life, senders } = this;
      disk.isFaulty = engine.isFaulty = !senders.areDone;
      if (life === undefined || !life.isReady) continue;
      if (senders.areDone && !this.isFinishing) {
        this.isFinishing = true;
        void this.finish(life);
      }
    }
  }

  private async finish(life: Life): Promise<void> {
    try {
      await life.finish();
      if (!life.isDead) this.isOver = true;
    } catch (error) {
      this.world.tell(`not finished: ${error}`);
      // What failed before is over by now.
      this.isFinishing = false;
    }
  }

  /** What settle stands on: when it is told that all is stored, every span acknowledged before it asked is. */
  private expectStored(): () => void {
    const before = [...this.senders.acknowledged.keys()];
    return () => {
      const stored = storedVersions(this.around.engine.tables);
      for (const key of before) {
        if (!stored.has(key))
          this.failures.push(`settle was told that ${key} is stored; it is not`);
      }
    };
  }
}
