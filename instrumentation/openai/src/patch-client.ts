/** The client class of the OpenAI SDK with its three methods watched; the resources go through them. */
import {
  type StainlessPrototype,
  watchFetch,
  watchPost,
} from '@ai-cost-profiler/core/stainless-client.ts';
import { WatchMark } from '@ai-cost-profiler/core/watch-mark.ts';
import { type Get, watchGet } from './fetched-answers.ts';
import type { OpenAIApi } from './openai-api.ts';

/** As far as it is looked at; openai 4 has the methods in a class below `OpenAI`. */
export interface ClientClass {
  readonly prototype: object;
}

interface ClientPrototype extends StainlessPrototype {
  get: Get;
}

const MARK = new WatchMark('@ai-cost-profiler/openai');

/** Patches the class, once. What takes it back; undefined where there is nothing to patch, or it is done. */
export function patchClient(client: ClientClass, api: OpenAIApi): (() => void) | undefined {
  const prototype = ownerOfPost(client.prototype);
  if (prototype === undefined || MARK.isOn(prototype)) return undefined;
  MARK.put(prototype);
  const { post, get, fetchWithTimeout } = prototype;
  const ours = {
    post: watchPost(post, api),
    get: watchGet(get, api),
    fetchWithTimeout: watchFetch(fetchWithTimeout),
  };
  Object.assign(prototype, ours);
  return () => {
    // Whoever patched it after us goes on to call ours: then it stays, and is not patched a second time.
    const names = ['post', 'get', 'fetchWithTimeout'] as const;
    if (names.some((name) => prototype[name] !== ours[name])) return;
    Object.assign(prototype, { post, get, fetchWithTimeout });
    MARK.remove(prototype);
  };
}

function ownerOfPost(prototype: object | null): ClientPrototype | undefined {
  for (let one = prototype; one !== null; one = Object.getPrototypeOf(one) as object | null) {
    if (Object.hasOwn(one, 'post') && Object.hasOwn(one, 'fetchWithTimeout')) {
      return one as ClientPrototype;
    }
  }
  return undefined;
}
