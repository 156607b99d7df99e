/**
 * Bytes to the collector until it says that it has them. What it acknowledged is remembered, and now and then kept, so
 * that it can be sent again later.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Encoding, postSignal, type RawRequest } from './post-signal.ts';
import type { Random } from './random.ts';
import type { SentForm, SentSpans } from './sent-spans.ts';
import type { Batch } from './traffic.ts';

/** What the senders share. */
export interface SenderWorld {
  readonly book: SentSpans;
  /** Where the collector is now; it may be down. */
  readonly url: () => string;
  /** Tenants and their keys. */
  readonly keys: ReadonlyMap<string, string>;
  /** Over how many days the starts of spans are spread now. */
  readonly days: () => number;
  /** Which burst is to be sent now, if any; asking takes it. */
  readonly takeBurst: () => 'rows' | 'bytes' | undefined;
  /** How many scenes are to be begun at once, if any; asking takes it. */
  readonly takeScenes: () => number | undefined;
  readonly isStopping: () => boolean;
  readonly counts: SenderCounts;
  /** Answers no sender should ever get. */
  readonly faults: string[];
}

export interface SenderCounts {
  batches: number;
  resends: number;
  duplicates: number;
  rebatched: number;
  givenUp: number;
  bursts: number;
  /** Scenes begun, and those of bursts of them. */
  scenes: number;
  sceneBursts: number;
}

/** A batch that was acknowledged, kept so that it can be sent again; its bytes depend on the encoding. */
export interface Kept {
  readonly batch: Batch;
  readonly encoding: Encoding;
}

/** What is sent, and whose it is. */
export interface Delivery {
  readonly tenant: string;
  readonly sent: readonly SentForm[];
  readonly raw: RawRequest;
}

/** Sends the same bytes until they are acknowledged. With `givesUp`, some end after their first failure: false. */
export async function deliver(
  world: SenderWorld,
  { tenant, sent, raw }: Delivery,
  { random, givesUp }: { random: Random; givesUp: boolean },
): Promise<boolean> {
  const key = world.keys.get(tenant) ?? '';
  for (;;) {
    const answer = await postSignal(world.url(), key, raw);
    if (answer.kind === 'acknowledged') {
      world.book.acknowledge(sent);
      return true;
    }
    if (answer.kind === 'fault') {
      world.faults.push(`${sent[0]?.span.batch}: ${answer.why}`);
      return false;
    }
    if (givesUp && random.chance(0.01)) {
      world.counts.givenUp++;
      return false;
    }
    world.counts.resends++;
    await sleep(random.between(50, 400));
  }
}
