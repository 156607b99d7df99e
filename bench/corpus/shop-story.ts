/** Traces without a model: what most of the company's traffic is. */
import { called, fromFrontEnd, looked, published, queried } from './plain-spans.ts';
import type { Story } from './story.ts';

const SHOP: readonly (readonly [
  { service: string; route: string; method: string; queries: number },
  number,
])[] = [
  [{ service: 'catalog', route: '/products', method: 'GET', queries: 2 }, 40],
  [{ service: 'catalog', route: '/products/{id}', method: 'GET', queries: 3 }, 25],
  [{ service: 'identity', route: '/session', method: 'GET', queries: 1 }, 15],
  [{ service: 'orders', route: '/orders/{id}', method: 'GET', queries: 4 }, 10],
  [{ service: 'checkout', route: '/carts/{id}/checkout', method: 'POST', queries: 3 }, 10],
];

/** A page of the shop: a service behind the front end, its queries, and what an order sets in motion. */
export function shopping(story: Story): void {
  const { chance } = story;
  const what = chance.weighted(SHOP);
  fromFrontEnd(story, what, (own, atMs) => {
    const { service } = what;
    let now = atMs;
    for (let left = chance.whole(1, what.queries); left > 0; left--) {
      now = queried(story, service, { parent: own, atMs: now });
    }
    if (service !== 'checkout') return looked(story, service, { parent: own, atMs: now });
    const stock = { service: 'inventory', method: 'POST', route: '/reservations', ownMs: 4 };
    now = called(story, { ...stock, from: service }, { parent: own, atMs: now }, (inner, then) =>
      queried(story, 'inventory', { parent: inner, atMs: then }),
    );
    const order = { service: 'orders', method: 'POST', route: '/orders', ownMs: 6 };
    return called(story, { ...order, from: service }, { parent: own, atMs: now }, (inner, then) => {
      const stored = queried(story, 'orders', { parent: inner, atMs: then });
      return published(story, 'orders', { parent: inner, atMs: stored });
    });
  });
}
