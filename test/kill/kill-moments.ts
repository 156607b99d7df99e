/** Waits for the moment at which a kill is to fall. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SenderCounts } from './deliver.ts';
import { isSplitting, largestSegmentBytes, watchFor } from './journal-watch.ts';
import type { PlannedKill } from './kill-plan.ts';
import type { LedgerAsker, Work } from './ledger-asker.ts';
import type { PriceSwitch } from './price-switch.ts';
import { PRICE_VARIANTS } from './price-variants.ts';
import type { Random } from './random.ts';

export interface MomentParts {
  readonly dataDir: string;
  readonly random: Random;
  readonly asker: LedgerAsker;
  readonly priceSwitch: PriceSwitch;
  readonly tenants: readonly string[];
  readonly counts: SenderCounts;
  /** Asks the senders to begin many scenes at once. */
  readonly wantScenes: () => void;
}

/** A segment beyond this is one that a burst made. */
const LARGE_BYTES = 8_000_000;
/** A file that grew beyond this is being written by a burst. */
const FLUSHING_BYTES = 1_000_000;
const WORK_SEEN_MS_MAX = 15_000;
/** Work is struck at any of these. */
const STEPS: Readonly<Record<Work, readonly string[]>> = {
  settle: ['begun', 'begun', 'progress'],
  reprice: ['begun', 'looking', 'difference', 'appending'],
};

export class KillMoments {
  private readonly parts: MomentParts;
  private readonly asked: Promise<unknown>[] = [];

  constructor(parts: MomentParts) {
    this.parts = parts;
  }

  async waitFor({ moment }: PlannedKill): Promise<void> {
    const { dataDir, random } = this.parts;
    switch (moment) {
      case 'start':
        return;
      case 'load':
        await sleep(random.between(200, 2_500));
        return;
      case 'split':
        await watchFor(() => isSplitting(dataDir), 4_000);
        await sleep(random.below(12));
        return;
      case 'flush':
        await watchFor(
          async () => (await largestSegmentBytes(dataDir, 'open')) >= FLUSHING_BYTES,
          25_000,
        );
        await sleep(random.below(40));
        return;
      case 'sealed':
        await sleep(random.below(1_000));
        await this.untilSealed(1, 3_000);
        return;
      case 'large':
        await this.untilSealed(LARGE_BYTES, 25_000);
        return;
      case 'settle':
        await this.untilScenes();
        await this.untilAtWork('settle');
        return;
      case 'reprice':
        await this.parts.priceSwitch.set(
          random.pick(this.parts.tenants),
          random.pick(PRICE_VARIANTS),
        );
        await this.untilAtWork('reprice');
        return;
    }
  }

  /** Resolves when all work that was asked for here is over, one way or the other. */
  async end(): Promise<void> {
    await Promise.all(this.asked.splice(0));
  }

  /** Until a segment of so many bytes waits for the writer, and then for some part of what writing it takes. */
  private async untilSealed(bytesMin: number, timeoutMs: number): Promise<void> {
    let bytes = 0;
    await watchFor(async () => {
      bytes = await largestSegmentBytes(this.parts.dataDir, 'sealed');
      return bytes >= bytesMin;
    }, timeoutMs);
    await sleep(this.parts.random.below(80 + bytes / 40_000));
  }

  /** Until a burst of half-told scenes was acknowledged: settle has something to do. */
  private async untilScenes(): Promise<void> {
    const { counts, wantScenes } = this.parts;
    const before = counts.sceneBursts;
    wantScenes();
    await watchFor(async () => counts.sceneBursts > before, WORK_SEEN_MS_MAX);
  }

  /** Until the work that was asked for has come to some step, and then a little further. */
  private async untilAtWork(work: Work): Promise<void> {
    const { asker, random } = this.parts;
    const wanted = random.pick(STEPS[work]);
    let isThere = false;
    const asked = asker
      .ask(work, (step) => {
        isThere ||= step === wanted;
      })
      .finally(() => {
        // Work may be over before it was seen at that step.
        isThere = true;
      });
    this.asked.push(asked);
    await watchFor(async () => isThere, WORK_SEEN_MS_MAX);
    await sleep(random.below(wanted === 'begun' ? 400 : 30));
  }
}
