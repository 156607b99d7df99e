/** One trace while it is made up: a clock that runs with its spans, and the copies of the services that take part. */
import type { Chance } from './chance.ts';
import type { Attributes, Instance, Scope, Span, SpanEvent } from './span.ts';

const NS_PER_US = 1_000n;
const US_PER_MS = 1_000;
const STAGING = 3;

export const KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

/** What a span is, apart from when. */
export interface About {
  readonly service: string;
  readonly scope: Scope;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Attributes;
  readonly failure?: string;
  readonly isLlm?: boolean;
  readonly events?: readonly { name: string; attributes: Attributes }[];
}

/** Makes what happens within a span, from this millisecond on; gives when it ended. */
export type Within = (parent: Uint8Array, atMs: number) => number;

export class Story {
  readonly spans: Span[] = [];
  readonly chance: Chance;
  private readonly startNs: bigint;
  private readonly traceId: Uint8Array;
  private readonly instances: ReadonlyMap<string, readonly Instance[]>;
  private readonly replica: number;

  constructor(
    chance: Chance,
    startNs: bigint,
    instances: ReadonlyMap<string, readonly Instance[]>,
  ) {
    this.chance = chance;
    this.startNs = startNs;
    this.instances = instances;
    this.traceId = chance.bytes(16);
    // One request in thirty is somebody trying something out.
    this.replica = chance.happens(1 / 30) ? STAGING : chance.whole(0, STAGING - 1);
  }

  /** Adds a span that lasts `ownMs` and what happens within it; gives its end in milliseconds. */
  span(
    about: About,
    { parent, atMs, ownMs }: { parent: Uint8Array | undefined; atMs: number; ownMs: number },
    within: Within = (_own, at) => at,
  ): number {
    const spanId = this.chance.bytes(8);
    const before = ownMs * (0.2 + 0.4 * this.chance.share());
    const endMs = within(spanId, atMs + before) + ownMs - before;
    const endNs = this.ns(endMs);
    this.spans.push({
      instance: this.instances.get(about.service)![this.replica]!,
      scope: about.scope,
      ...{ traceId: this.traceId, spanId, parentId: parent },
      ...{ name: about.name, kind: about.kind, attributes: about.attributes },
      ...{ startNs: this.ns(atMs), endNs, failure: about.failure, isLlm: about.isLlm === true },
      events: (about.events ?? []).map((event): SpanEvent => ({ ...event, atNs: endNs })),
    });
    return endMs;
  }

  /** Clocks of services count microseconds, some of them nanoseconds. */
  private ns(ms: number): bigint {
    return this.startNs + BigInt(Math.round(ms * US_PER_MS)) * NS_PER_US;
  }
}
