/**
 * One client of a topic. Invariant: what waits for it in memory is what Node buffers for a connection (64 KiB) and
 * one piece at most: while its connection takes no more it only has a place, and when the events there are gone it is
 * told how many they were.
 */
import type { LiveSubscriber } from '../live-feed.ts';
import type { EventTopic } from './event-topic.ts';
import { eventBytes } from './live-event.ts';

/** Heartbeats through which a connection may take nothing: others want its place. */
const STALLED_BEATS_MAX = 8;

export interface ClientCounts {
  onSent(events: number): void;
  onMissed(events: number): void;
}

export class LiveClient {
  readonly subscriber: LiveSubscriber;
  private readonly topic: EventTopic;
  private readonly counts: ClientCounts;
  private place: number;
  private stalledBeats = 0;

  constructor(
    subscriber: LiveSubscriber,
    { topic, place, counts }: { topic: EventTopic; place: number; counts: ClientCounts },
  ) {
    this.subscriber = subscriber;
    this.topic = topic;
    this.place = place;
    this.counts = counts;
    subscriber.answer.on('drain', () => {
      this.stalledBeats = 0;
      this.pump();
    });
  }

  private get canTake(): boolean {
    const { answer } = this.subscriber;
    return !answer.writableNeedDrain && !answer.writableEnded && !answer.destroyed;
  }

  /** Sends what is there, as far as the connection takes it. */
  pump(): void {
    const { topic } = this;
    while (this.canTake && this.place < topic.end) {
      if (this.place < topic.first) {
        const events = topic.first - this.place;
        this.place = topic.first;
        this.counts.onMissed(events);
        this.write(eventBytes('missed', { events }));
      } else {
        const piece = topic.pieceFrom(this.place);
        this.place += piece.events;
        this.counts.onSent(piece.events);
        this.write(piece.bytes);
      }
    }
  }

  /** A comment: neither client nor proxy takes the connection for dead. One that takes nothing is cut off. */
  beat(): void {
    if (this.canTake) this.write(':\n\n');
    else if (++this.stalledBeats >= STALLED_BEATS_MAX) this.subscriber.answer.destroy();
  }

  /** Tells why, and ends; one that takes nothing is cut off. */
  close(reason: string): void {
    const { answer } = this.subscriber;
    if (!this.canTake) {
      answer.destroy();
      return;
    }
    answer.end(eventBytes('closing', { reason }));
  }

  private write(bytes: Buffer | string): void {
    this.subscriber.answer.write(bytes);
  }
}
