/**
 * Senders as OTLP has them: they send a request again until it is answered, now and then give one up whose answer never
 * came, and remember what was acknowledged.
 */
import type { Problem } from '@ai-cost-profiler/collector/problems.ts';
import type { Life } from './life.ts';
import { type Delivery, requestBytes, type Scenario, type SimSpan } from './scenario.ts';
import type { World } from './world.ts';

export const versionKey = ({ tenant, number, version }: SimSpan): string =>
  `${tenant}/${number}/${version}`;

const RETRY_MS = 300;
const GAP_MS_MAX = 600;

export class Senders {
  /** By versionKey. */
  readonly acknowledged = new Map<string, SimSpan>();
  readonly sent = new Map<string, SimSpan>();
  readonly failures: string[] = [];
  private busy: number;
  private readonly world: World;
  private readonly scenario: Scenario;
  private readonly life: () => Life | undefined;
  private readonly gapMsMax: number;

  /** `life`: whom a balancer sends to. They wait up to `gapMsMax` between two requests. */
  constructor(
    world: World,
    scenario: Scenario,
    life: () => Life | undefined,
    gapMsMax = GAP_MS_MAX,
  ) {
    this.world = world;
    this.scenario = scenario;
    this.life = life;
    this.gapMsMax = gapMsMax;
    this.busy = scenario.senders.length;
    for (const deliveries of scenario.senders) {
      void this.send(deliveries);
    }
  }

  get areDone(): boolean {
    return this.busy === 0;
  }

  private async send(deliveries: readonly Delivery[]): Promise<void> {
    const { world } = this;
    for (const delivery of deliveries) {
      await world.sleep(world.random.next() * this.gapMsMax);
      if (!(await this.deliver(delivery))) {
        // Whoever lost one request sends nothing that stands on it.
        break;
      }
    }
    this.busy--;
  }

  /** True once it is acknowledged, false when it is given up. */
  private async deliver(delivery: Delivery): Promise<boolean> {
    const { world, scenario, acknowledged } = this;
    const bytes = requestBytes(delivery);
    for (;;) {
      const life = this.life();
      if (life?.isReady !== true) {
        await world.sleep(RETRY_MS);
        continue;
      }
      for (const span of delivery.spans) this.sent.set(versionKey(span), span);
      const outcome = await this.attempt(life, delivery, bytes);
      world.tell(`a request of ${delivery.spans.length} spans: ${outcome}`);
      if (outcome === 'acknowledged') {
        for (const span of delivery.spans) acknowledged.set(versionKey(span), span);
        return true;
      }
      if (world.fate.chance(outcome === 'lost' ? scenario.abandonChance : 0)) {
        return false;
      }
      await world.sleep(RETRY_MS);
    }
  }

  private async attempt(
    life: Life,
    { tenant }: Delivery,
    bytes: Uint8Array,
  ): Promise<'acknowledged' | 'refused' | 'lost'> {
    const answer = life.accept(tenant, bytes).then(
      ({ rejected, message }) => {
        if (rejected > 0) this.failures.push(`${rejected} spans were rejected: ${message}`);
        return 'acknowledged' as const;
      },
      (error: Problem) => {
        if (error.code === 'journal_unavailable') return 'refused' as const;
        this.failures.push(`a request failed: ${error.stack}`);
        return 'acknowledged' as const;
      },
    );
    const outcome = await Promise.race([answer, life.died.then(() => 'lost' as const)]);
    return life.isDead ? 'lost' : outcome;
  }
}
