/** The class of `interactions` is not exported: it is met when a client first gives one. */
import { safely } from '@ai-cost-profiler/core/host-safety.ts';
import type { TappedCall } from '@ai-cost-profiler/core/stream-tap.ts';
import { tapIterable } from '@ai-cost-profiler/core/tapped-answer.ts';
import { tapReadable } from '@ai-cost-profiler/core/tapped-readable.ts';
import { beginCall, watchCall } from '@ai-cost-profiler/core/watched-call.ts';
import type { ApiClient } from './google-client.ts';
import { type InteractionParams, InteractionReader } from './interactions.ts';
import { isWatched, noted, type Watching } from './watched-methods.ts';

interface Interactions {
  readonly parentClient?: ApiClient;
  create: Create;
}

type Create = (
  this: Interactions,
  params: InteractionParams,
  ...more: unknown[]
) => Promise<unknown>;

/** From now on until what is returned is called. Nothing where clients have no interactions. */
export function watchInteractions(client: object, watching: Watching): () => void {
  const property = Object.getOwnPropertyDescriptor(client, 'interactions');
  const { get } = property ?? {};
  const isOpen = property?.configurable === true && get !== undefined && !isWatched(get);
  if (!isOpen) return () => undefined;
  let unwatch: (() => void) | undefined;
  Object.defineProperty(client, 'interactions', {
    ...property,
    get: noted(function interactions(this: object): unknown {
      const given: unknown = get.call(this);
      safely('watching interactions', () => {
        unwatch ??= watchCreate(given as Interactions, watching);
      });
      return given;
    }),
  });
  return () => {
    Object.defineProperty(client, 'interactions', property);
    unwatch?.();
  };
}

function watchCreate(interactions: Interactions, watching: Watching): (() => void) | undefined {
  const prototype = Object.getPrototypeOf(interactions) as Interactions;
  // Version 1 has none, and gives another kind of promise.
  if (interactions.parentClient === undefined || !Object.hasOwn(prototype, 'create')) return;
  const original = prototype.create;
  prototype.create = watchedCreate(original, watching);
  return () => {
    prototype.create = original;
  };
}

const watchedCreate = (original: Create, { tracer }: Watching): Create =>
  function create(params, ...more) {
    const make = () => original.call(this, params, ...more);
    const call = beginCall(
      tracer,
      () => new InteractionReader(this.parentClient!, params),
      (path) => /\/interactions($|\?)/.test(path),
    );
    if (call === undefined) return make();
    if (params.stream !== true) return watchCall(call, make);
    return watchCall(call, make as () => Promise<AsyncIterable<unknown>>, tapStream);
  };

/** The SDK's stream is a ReadableStream, which has more ways to be read than one. */
function tapStream(stream: AsyncIterable<unknown>, call: TappedCall): void {
  if (stream instanceof ReadableStream) tapReadable(stream, call);
  else tapIterable(stream, call);
}
