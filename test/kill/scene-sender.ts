/**
 * Sends scenes, each in two pieces with a pause between in which settle may pass: what came first is billed as if it
 * were all, and corrected when the rest comes. No scene is given up, so that its end is known.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { deliver, type Kept, type SenderWorld } from './deliver.ts';
import { type Encoding, encodeLogs, encodeRequest, type RawRequest } from './post-signal.ts';
import type { Random } from './random.ts';
import { Scene, type ScenePart } from './scene.ts';
import { SCENES } from './scenes.ts';
import { FIRST_DAY_NS } from './traffic.ts';

const NS_PER_MS = 1_000_000n;
const MS_PER_DAY = 86_400_000;
const ENCODINGS: readonly Encoding[] = ['json', 'protobuf'];

export class SceneSender {
  private readonly world: SenderWorld;
  private readonly random: Random;
  private readonly keep: (kept: Kept) => void;

  /** `keep` is told of each acknowledged batch of spans. */
  constructor(world: SenderWorld, random: Random, keep: (kept: Kept) => void) {
    this.world = world;
    this.random = random;
    this.keep = keep;
  }

  async run(name: string, tenants: readonly string[]): Promise<void> {
    const { world, random } = this;
    while (!world.isStopping()) {
      const wanted = world.takeScenes();
      const scenes = this.make(random.pick(tenants), wanted ?? random.between(2, 12));
      const parts = random.shuffle(scenes.flatMap((scene) => scene.parts));
      world.counts.scenes += scenes.length;
      const isFirst = new Set(parts.filter(() => random.chance(0.5)));
      for (const { after } of parts) {
        if (after !== undefined) isFirst.add(after);
      }
      const first = parts.filter((part) => isFirst.has(part) && part.after === undefined);
      await this.send(name, first);
      if (wanted !== undefined) {
        world.counts.sceneBursts++;
      }
      await sleep(random.below(random.chance(0.5) ? 200 : 3_000));
      const sent = new Set(first);
      await this.send(
        name,
        parts.filter((part) => !sent.has(part)),
      );
      await sleep(random.between(80, 400));
    }
  }

  private make(tenant: string, count: number): Scene[] {
    const { world, random } = this;
    return Array.from({ length: count }, () => {
      const ms = random.below(world.days() * MS_PER_DAY);
      const scene = new Scene({
        tenant,
        prefix: random.hex(8),
        startNs: FIRST_DAY_NS + BigInt(ms) * NS_PER_MS,
        book: world.book,
        random,
      });
      random.pick(SCENES)(scene);
      return scene;
    });
  }

  /** Spans and log events go side by side, as two exporters send them. */
  private async send(name: string, parts: readonly ScenePart[]): Promise<void> {
    const { random } = this;
    const spans = parts.filter(({ span }) => span !== undefined);
    const logs = parts.filter(({ log }) => log !== undefined);
    const encoding = name === 'scenes' ? random.pick(ENCODINGS) : 'protobuf';
    const batch = spans.map(({ span }) => span!);
    await Promise.all([
      spans.length === 0 ? undefined : this.sendTo(spans, encodeRequest(batch, encoding, true)),
      logs.length === 0 ? undefined : this.sendTo(logs, encodeLogs(logs.map(({ log }) => log!))),
    ]);
    if (spans.length > 0) {
      const { tenant } = spans[0]!.form.span;
      this.keep({ batch: { tenant, sent: spans.map(({ form }) => form), spans: batch }, encoding });
    }
  }

  private async sendTo(parts: readonly ScenePart[], raw: RawRequest): Promise<void> {
    const { world, random } = this;
    const sent = parts.map(({ form }) => form);
    const delivery = { tenant: sent[0]!.span.tenant, sent, raw };
    const options = { random, givesUp: false };
    const isTwice = random.chance(0.1);
    world.counts.duplicates += isTwice ? 1 : 0;
    await Promise.all([
      deliver(world, delivery, options),
      isTwice ? deliver(world, delivery, options) : undefined,
    ]);
  }
}
