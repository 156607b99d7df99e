import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KeyActor } from '../access.ts';
import { type ControlState, openControlState } from '../control/control-state.ts';
import { createMemoryControlStore } from '../control/memory-control-store.ts';
import { createLog } from '../log.ts';
import { PRICE_BOOK_FORMAT, type PriceOperations } from '../price-terms.ts';
import type { ProviderBookInput } from './book-schema.ts';
import { instantNs } from './compile-book.ts';
import { IMPORT_KIND } from './import-book.ts';
import { BOOK_FOLDERS, listProviderFiles, loadShippedBook, readProviderFile } from './load-book.ts';
import { priceCall } from './price-call.ts';
import { createPriceOperations } from './price-operations.ts';
import { TenantBooks } from './tenant-books.ts';

const shipped = loadShippedBook();
const operator: KeyActor = { name: 'key:op', tenant: 'default', scopes: new Set(['operator']) };
const sourced = { source: 'https://example.com/pricing', checked_at: '2027-01-05' };

let directory: string;
let state: ControlState;
let books: TenantBooks;
let prices: PriceOperations;
let unusable: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aicost-import-'));
  state = await openControlState({
    store: createMemoryControlStore(),
    copyPath: join(directory, 'copy'),
    now: () => new Date('2027-01-06T12:00:00Z'),
    randomInt: () => 0,
    log: createLog('silent', process.stderr),
  });
  unusable = [];
  books = new TenantBooks({ state, shipped, onUnusable: ({ id }) => unusable.push(id) });
  const now = () => new Date('2027-01-06T12:00:00Z');
  prices = createPriceOperations({ state, books, shipped, now, randomBytes });
});
afterEach(() => rm(directory, { recursive: true }));

/** Both layers of a provider as they are shipped, with what is added to the upper one. */
function shippedProvider(provider: string, add: (book: ProviderBookInput) => ProviderBookInput) {
  const layers = BOOK_FOLDERS.map((folder, at) => {
    const path = listProviderFiles(folder).get(provider);
    const book = path === undefined ? { provider } : readProviderFile(path);
    return { name: `layer-${at}`, providers: [at === 0 ? add(book) : book] };
  });
  return { format: PRICE_BOOK_FORMAT, layers };
}
const withModel = (id: string, rate: string) => (book: ProviderBookInput) => ({
  ...book,
  models: [...(book.models ?? []), { id, prices: [{ rates: { in_uncached: rate }, ...sourced }] }],
});

function cost(model: string, provider = 'openai') {
  const atNs = instantNs('2027-01-06T00:00:00Z');
  const usage = { in_uncached: 1_000_000n };
  const result = priceCall(books.bookFor('acme'), { provider, model, atNs, usage });
  return result.status === 'unpriced' ? result.reason : Number(result.costAtto / 10n ** 12n) / 1e6;
}

describe('an imported book', () => {
  test('stands in for the shipped one where it is newer, and its age is visible', async () => {
    expect(cost('gpt-9')).toBe('unknown_model');
    const [openai, azure] = [cost('gpt-4o'), cost('gpt-4o', 'azure')];
    const kept = await prices.importBook(
      operator,
      shippedProvider('openai', withModel('gpt-9', '9/M')),
    );
    expect(kept).toMatchObject({ inForce: ['openai'], older: [], checkedAt: '2027-01-05' });
    expect(cost('gpt-9')).toBe(9);
    expect([cost('gpt-4o'), cost('gpt-4o', 'azure')]).toEqual([openai, azure]);
    expect(books.base.version).toBe(`${shipped.digest.version}+${kept.version}`);
    expect(books.checkedAt).toBe('2027-01-05');
  });

  test('is reachable by a fallback of a shipped provider', async () => {
    await prices.importBook(operator, shippedProvider('openai', withModel('gpt-9', '9/M')));
    expect(cost('gpt-9', 'azure')).toBe(9);
  });

  test('that is taken back leaves the shipped book, and its rows in the history', async () => {
    const kept = await prices.importBook(
      operator,
      shippedProvider('openai', withModel('gpt-9', '9/M')),
    );
    await prices.remove(operator, kept.id, null);
    expect(cost('gpt-9')).toBe('unknown_model');
    expect(books.base.version).toBe(shipped.digest.version);
    expect(prices.imports(operator)).toMatchObject([{ id: kept.id, inForce: [] }]);
    expect(state.history().filter(({ kind }) => kind === IMPORT_KIND)).toHaveLength(2);
  });

  test('is followed by a later one, and is back when that is taken back', async () => {
    await prices.importBook(operator, shippedProvider('openai', withModel('gpt-9', '9/M')));
    const later = await prices.importBook(
      operator,
      shippedProvider('openai', withModel('gpt-9', '8/M')),
    );
    expect(cost('gpt-9')).toBe(8);
    await prices.remove(operator, later.id, null);
    expect(cost('gpt-9')).toBe(9);
  });

  test('brings providers that the shipped book does not have', async () => {
    const house = {
      provider: 'house',
      models: [{ id: 'm', prices: [{ rates: { in_uncached: '1/M' }, ...sourced }] }],
    };
    await prices.importBook(operator, {
      format: PRICE_BOOK_FORMAT,
      layers: [{ name: 'book', providers: [house] }],
    });
    expect(cost('m', 'house')).toBe(1);
    expect(cost('gpt-4o')).toBe(2.5);
  });

  test('of a later version that cannot be read here leaves the book as it is', async () => {
    const row = { actor: 'later', tenant: '', kind: IMPORT_KIND, id: 'later', deleted: false };
    await state.append([{ ...row, payload: '{"format":"aicost-price-book-2"}' }]);
    expect(cost('gpt-4o')).toBe(2.5);
    expect(unusable).toEqual(['later']);
  });
});

describe('a book is refused', () => {
  const one = (provider: object) => ({
    format: PRICE_BOOK_FORMAT,
    layers: [{ name: 'book', providers: [provider] }],
  });
  const house = (prices: object[]) => one({ provider: 'house', models: [{ id: 'm', prices }] });
  test.for([
    ['that is something else', { models: [] }, /format.*aicost-price-book-1/],
    [
      'with a float for a price',
      house([{ rates: { in_uncached: 1.5 }, ...sourced }]),
      /in_uncached/,
    ],
    [
      'without a source',
      house([{ rates: { in_uncached: '1/M' }, source: 'somebody', checked_at: '2027-01-05' }]),
      /not an https address/,
    ],
    [
      'with two prices at once',
      house([
        { rates: { in_uncached: '1/M' }, ...sourced },
        { rates: { in_uncached: '2/M' }, ...sourced },
      ]),
      /two prices hold at once/,
    ],
    [
      'that lost what was published',
      one({
        provider: 'openai',
        models: [{ id: 'm', prices: [{ rates: { in_uncached: '1/M' }, ...sourced }] }],
      }),
      /lacks or changes \d+ of the/,
    ],
    [
      'that is older throughout',
      one({
        provider: 'openai',
        models: [
          {
            id: 'm',
            prices: [{ rates: { in_uncached: '1/M' }, ...sourced, checked_at: '2020-01-01' }],
          },
        ],
      }),
      /shipped book is newer/,
    ],
    ['for all providers at once', one({ provider: '*' }), /expected one provider/],
  ] as const)('%s', async ([, value, message]) => {
    await expect(prices.importBook(operator, value)).rejects.toThrow(message);
    expect(state.history()).toEqual([]);
  });

  test('larger than a row may be', async () => {
    const note = randomBytes(7_000_000).toString('base64');
    const big = house([{ rates: { in_uncached: '1/M' }, ...sourced, note }]);
    await expect(prices.importBook(operator, big)).rejects.toMatchObject({
      code: 'body_too_large',
    });
  });
});
