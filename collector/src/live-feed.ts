/** The nouns of the live stream, between what makes events, what keeps them and the route that sends them. */
import type { Writable } from 'node:stream';

/** A call that was billed, entries that settle appended, something that a person is to be told. */
export type LiveEventType = 'call' | 'sampled' | 'settled' | 'alert';

/** What a filter looks at: values by the name of their dimension, tags as `tag.<key>`; '' or absent: not told. */
export type LiveFields = Readonly<Record<string, string>>;

/** One client, as its request asked. */
export interface LiveSubscriber {
  readonly tenant: string;
  readonly keyId: string;
  /** The same text for every client that asks for the same calls; they share what is made for them. */
  readonly filter: string;
  /** Whether a call is one that the client asks for. Events that are about no call go to every client of the tenant. */
  readonly matches: (fields: LiveFields) => boolean;
  /** The id of the last event it has; undefined: it has none. */
  readonly lastEventId: string | undefined;
  /** Its answer; the head must have been written. */
  readonly answer: Writable;
  /** Asked every few seconds: a key that was revoked loses its stream. */
  readonly isAllowed: () => boolean;
}

/** Where events are told; budgets are to tell their alerts here. */
export interface LivePublisher {
  /** Whether anybody listens, or listened just now: if not, nothing needs to be made. */
  readonly isHeard: boolean;
  /** `data` is written as JSON, to every client of the tenant. */
  publish(tenant: string, type: 'settled' | 'alert', data: object): void;
}

export interface LiveFeed extends LivePublisher {
  /**
   * Asked before anything is written.
   * @throws Problem overloaded while the collector ends, too_many_streams beyond a limit
   */
  checkRoom(keyId: string): void;
  /** From now on the client gets events, until its answer closes. */
  open(subscriber: LiveSubscriber): void;
}
