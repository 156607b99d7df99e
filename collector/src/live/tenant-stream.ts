/** One tenant's events and the clients that listen to them, by what they ask for. */
import type { LiveSubscriber } from '../live-feed.ts';
import { EventRing } from './event-ring.ts';
import { EventTopic } from './event-topic.ts';
import { type ClientCounts, LiveClient } from './live-client.ts';
import { eventBytes, type Told } from './live-event.ts';

export interface StreamSizes {
  readonly ringBytesMax: number;
  /** Of one write to a client. */
  readonly pieceBytesMax: number;
  /** What a client is told to wait before it connects again. */
  readonly retryMs: number;
}

interface Audience {
  readonly topic: EventTopic;
  readonly clients: Set<LiveClient>;
}

export class TenantStream {
  /** Clients of it that are connected. */
  clientCount = 0;
  private readonly ring: EventRing;
  private readonly sizes: StreamSizes;
  private readonly counts: ClientCounts;
  private readonly audiences = new Map<string, Audience>();

  constructor(epoch: string, sizes: StreamSizes, counts: ClientCounts) {
    this.ring = new EventRing(epoch, sizes.ringBytesMax);
    this.sizes = sizes;
    this.counts = counts;
  }

  /** Keeps an event; `flush` sends it. */
  add(told: Told): void {
    const event = this.ring.add(told);
    for (const { topic } of this.audiences.values()) topic.add(event);
  }

  /** Keeps nothing of what was told; who has not been sent it yet is told that it missed something. */
  forget(): void {
    this.ring.forget();
    for (const { topic } of this.audiences.values()) topic.trim();
  }

  flush(): void {
    for (const { clients } of this.audiences.values()) {
      for (const client of clients) client.pump();
    }
  }

  join(subscriber: LiveSubscriber): LiveClient {
    const { ring, sizes, counts } = this;
    const { topic, clients } = this.audienceOf(subscriber);
    const { seq, lost } = ring.placeAfter(subscriber.lastEventId);
    const client = new LiveClient(subscriber, { topic, place: topic.placeAfter(seq), counts });
    clients.add(client);
    this.clientCount++;
    // An id at once: a client that is cut off before its first event goes on from here.
    const { answer } = subscriber;
    answer.write(`retry: ${sizes.retryMs}\nid: ${ring.idOf(seq)}\n\n`);
    if (lost !== undefined) answer.write(eventBytes('reset', { reason: lost }, ring.idOf(seq)));
    client.pump();
    return client;
  }

  leave(client: LiveClient): void {
    const { filter } = client.subscriber;
    const clients = this.audiences.get(filter)?.clients;
    if (clients?.delete(client) !== true) return;
    this.clientCount--;
    if (clients.size === 0) this.audiences.delete(filter);
  }

  private audienceOf({ filter, matches }: LiveSubscriber): Audience {
    const known = this.audiences.get(filter);
    if (known !== undefined) return known;
    const topic = new EventTopic(this.ring, matches, this.sizes.pieceBytesMax);
    const audience = { topic, clients: new Set<LiveClient>() };
    this.audiences.set(filter, audience);
    return audience;
  }
}
