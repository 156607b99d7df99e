/**
 * Whom and what the calls of a stretch of code are for. Kept in an AsyncLocalStorage, so that it needs no SDK and no
 * context manager; what is inside names only what differs from what is around it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { context } from '@opentelemetry/api';
import { attributionOfBaggage, withBaggage } from './attribution-baggage.ts';
import { safely } from './host-safety.ts';

/** What a person may say of a call. All of it is optional; what is left out is taken from around. */
export interface Attribution {
  /** What the call was for in the product: `search`, `support-chat`. */
  readonly feature?: string | undefined;
  /** Who caused it. Sent as given: hash it where it must not be known. */
  readonly user?: string | undefined;
  /** The conversation or session that it belongs to. */
  readonly session?: string | undefined;
  readonly agent?: string | undefined;
  readonly prompt?: { readonly name: string; readonly version?: string | undefined } | undefined;
  /** Free dimensions of one's own: `{ plan: 'pro' }`. */
  readonly tags?: Readonly<Record<string, string | number | boolean>> | undefined;
}

export interface AttributionOptions {
  /**
   * Whether other services learn it too: it goes into the W3C baggage of the calls that are made inside, to whomever
   * they are made. Default: false, for a user's name is not everybody's business.
   */
  readonly isBaggage?: boolean | undefined;
}

const storage = new AsyncLocalStorage<Attribution>();

/** Runs `work` with everything in it, also what it awaits, attributed so. Returns or throws what `work` does. */
export function withAttribution<Result>(
  attribution: Attribution,
  work: () => Result,
  options: AttributionOptions = {},
): Result {
  const merged = mergeAttribution(currentAttribution(), attribution);
  if (options.isBaggage !== true) return storage.run(merged, work);
  const active = context.active();
  const outgoing = safely('putting attribution into baggage', () => withBaggage(active, merged));
  return storage.run(merged, () => context.with(outgoing ?? active, work));
}

/** Runs `work` attributed so and in no other way, whatever holds here. */
export function withOnlyAttribution<Result>(
  attribution: Attribution | undefined,
  work: () => Result,
): Result {
  return storage.run(attribution ?? {}, work);
}

/** What holds here: said in this process, and for the rest what came with the request as baggage. */
export function currentAttribution(active = context.active()): Attribution | undefined {
  const said = storage.getStore();
  const received = attributionOfBaggage(active);
  return received === undefined ? said : mergeAttribution(received, said);
}

/** `inner` where it says something, `outer` for the rest. Tags are merged one by one. */
function mergeAttribution(
  outer: Attribution | undefined,
  inner: Attribution | undefined,
): Attribution {
  if (outer === undefined || inner === undefined) return inner ?? outer ?? {};
  const merged: Record<string, unknown> = { ...outer };
  for (const [name, value] of Object.entries(inner)) {
    if (value !== undefined) merged[name] = value;
  }
  if (outer.tags !== undefined && inner.tags !== undefined) {
    merged['tags'] = { ...outer.tags, ...inner.tags };
  }
  return merged;
}
