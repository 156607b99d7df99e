/** A store in which some calls are others, for tests of what happens when one fails, or between two. */
import type { Store } from './store.ts';

/** The rest goes to the store itself. */
export function storeWith(store: Store, replaced: Partial<Store>): Store {
  return new Proxy(store, {
    get(whole, name: keyof Store) {
      const value = replaced[name] ?? whole[name];
      return typeof value === 'function' ? value.bind(whole) : value;
    },
  });
}
