/** Known models near to an unknown name, for errors: never to price by. */
import { distance } from 'fastest-levenshtein';
import type { PriceBook } from './price-book.ts';

const SHOWN_MAX = 5;
/** Models of the provider that was meant, and others whose name is nearer still. */
const OTHER_PROVIDER_EDITS = 2;

function namesAt(book: PriceBook, provider: string): string[] {
  return book
    .layersOf(provider)
    .flatMap((layer) => [...layer.byId.keys(), ...layer.aliases.keys()]);
}

/** `provider/model` of the nearest known models, the nearest first; empty where none is near. */
export function nearestModels(book: PriceBook, provider: string | null, model: string): string[] {
  const told = model.trim().toLowerCase();
  const tolerated = Math.max(3, Math.ceil(told.length / 2));
  const found = new Map<string, number>();
  for (const name of book.providers()) {
    const away = provider === null || name === provider ? 0 : OTHER_PROVIDER_EDITS;
    for (const id of namesAt(book, name)) {
      const edits = distance(told, id.toLowerCase()) + away;
      if (edits <= tolerated) found.set(`${name}/${id}`, edits);
    }
  }
  const nearest = [...found].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
  return nearest.slice(0, SHOWN_MAX).map(([name]) => name);
}
