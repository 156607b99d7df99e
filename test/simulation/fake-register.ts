/** The register in which collectors agree who settles: each call takes time, may fail, and may be done all the same. */
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { createMemoryOwnershipRegister } from '@ai-cost-profiler/collector/settle/ownership/memory-ownership-register.ts';
import type { OwnershipRegister } from '@ai-cost-profiler/collector/settle/ownership/ownership-register.ts';
import type { Mortal, World } from './world.ts';

const CALL_MS_MAX = 50;
const FAIL_CHANCE = 0.05;

export class FakeRegister {
  readonly whole = createMemoryOwnershipRegister();
  isFaulty = true;
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  /** As one process has it. */
  of(owner: Mortal): OwnershipRegister {
    const { whole } = this;
    return {
      read: () => this.call(owner, 'read who settles', () => whole.read()),
      put: (record) =>
        this.call(owner, `put ${record.number} by ${record.author}`, () => whole.put(record)),
    };
  }

  private async call<T>(owner: Mortal, what: string, work: () => Promise<T>): Promise<T> {
    const { world } = this;
    world.point(owner, what);
    // What was sent arrives, whatever becomes of its sender.
    await world.sleep(world.random.next() * CALL_MS_MAX);
    const isFailing = this.isFaulty && world.random.chance(FAIL_CHANCE);
    const answer = isFailing && world.random.chance(0.5) ? undefined : await work();
    await world.sleep(world.random.next() * CALL_MS_MAX, owner);
    if (!isFailing) return answer as T;
    const about = { code: null, retryable: true, answered: false };
    throw new StoreError('no answer: reset', about);
  }
}
