/**
 * A span of the demo before it is sent, and the pieces to lay spans out in time.
 * Invariant: children lie within their parent, and times are milliseconds from the start of the trace.
 */
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';

export type SpanAttributes = Readonly<
  Record<string, string | number | boolean | readonly string[]>
>;

/** What a span says about a call, in the terms of the price book: the known truth that tests compare with. */
export interface CallFacts {
  /** `aggregate` repeats what its descendants used, and must not be billed. */
  readonly role: 'leaf' | 'aggregate' | 'non_billable';
  readonly provider: string;
  /** The model that answered. */
  readonly model: string;
  /** Disjoint buckets; undefined where the call told no usage. */
  readonly usage: Usage | undefined;
}

export type SpanKindName = 'server' | 'client' | 'internal' | 'consumer';

export interface SpanFields {
  readonly service: ServiceName;
  readonly name: string;
  readonly kind: SpanKindName;
  readonly attributes: SpanAttributes;
  /** The package that tells the call; undefined: made up here. */
  readonly scope?: string;
  /** Why it failed; its `error.type` stands among the attributes. */
  readonly failure?: string;
  readonly call?: CallFacts;
}

export interface SpanSpec extends SpanFields {
  readonly startMs: number;
  readonly endMs: number;
  readonly children: readonly SpanSpec[];
}

/** The services that send traffic, and the version each runs. */
export const SERVICES = {
  'web-frontend': '4.18.0',
  'checkout-assistant': '2.7.1',
  'support-bot': '1.12.3',
  'doc-search': '3.2.0',
  'batch-summariser': '0.9.4',
} as const;
export type ServiceName = keyof typeof SERVICES;

/** Makes a span that starts at the given time, or a little later. */
export type Step = (atMs: number) => SpanSpec;

/** A span without children. */
export function alone(fields: SpanFields, durationMs: number): Step {
  return (atMs) => ({ ...fields, startMs: atMs, endMs: atMs + durationMs, children: [] });
}

/** A span around others, which run one after another, with `ownMs` of its own work before, between and after. */
export function around(fields: SpanFields, ownMs: number, steps: readonly Step[]): Step {
  return (atMs) => {
    const children: SpanSpec[] = [];
    let clockMs = atMs + ownMs;
    for (const step of steps) {
      const child = step(clockMs);
      children.push(child);
      clockMs = child.endMs + ownMs;
    }
    return { ...fields, startMs: atMs, endMs: clockMs, children };
  };
}

/** A span around others that run at the same time. */
export function aroundParallel(fields: SpanFields, ownMs: number, steps: readonly Step[]): Step {
  return (atMs) => {
    const children = steps.map((step) => step(atMs + ownMs));
    const lastMs = Math.max(atMs, ...children.map(({ endMs }) => endMs));
    return { ...fields, startMs: atMs, endMs: lastMs + ownMs, children };
  };
}

/** The same step after a wait, such as that of a retry. */
export function after(waitMs: number, step: Step): Step {
  return (atMs) => step(atMs + waitMs);
}

/** Every span of a tree, parents before children. */
export function* spansOf(root: SpanSpec): Generator<SpanSpec> {
  yield root;
  for (const child of root.children) yield* spansOf(child);
}
