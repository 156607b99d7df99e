import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KeyActor, Scope } from '../access.ts';
import { type ControlState, openControlState } from '../control/control-state.ts';
import {
  createMemoryControlStore,
  type MemoryControlStore,
} from '../control/memory-control-store.ts';
import { createLog } from '../log.ts';
import { type PriceOperations, priceTermsSchema } from '../price-terms.ts';
import { instantNs } from './compile-book.ts';
import { loadShippedBook } from './load-book.ts';
import { priceCall } from './price-call.ts';
import { createPriceOperations } from './price-operations.ts';
import { TenantBooks } from './tenant-books.ts';
import { TERMS_KIND } from './term-rows.ts';

const shipped = loadShippedBook();
const NOW = new Date('2026-08-20T12:00:00Z');
const PROFILE = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/k3p9';

type Collector = { state: ControlState; books: TenantBooks; prices: PriceOperations };

let directory: string;
let store: MemoryControlStore;
let unusable: string[];
let one: Collector;

async function openCollector(name: string): Promise<Collector> {
  const state = await openControlState({
    store,
    copyPath: join(directory, name),
    now: () => NOW,
    randomInt: () => 0,
    log: createLog('silent', process.stderr),
  });
  const books = new TenantBooks({ state, shipped, onUnusable: ({ id }) => unusable.push(id) });
  const now = () => NOW;
  return {
    state,
    books,
    prices: createPriceOperations({ state, books, shipped, now, randomBytes }),
  };
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aicost-terms-'));
  store = createMemoryControlStore();
  unusable = [];
  one = await openCollector('one');
});
afterEach(() => rm(directory, { recursive: true }));

const actor = (tenant: string, scope: Scope = 'admin'): KeyActor => ({
  name: `key:${tenant}`,
  tenant,
  scopes: new Set([scope]),
});
const acme = actor('acme');
const globex = actor('globex');
const operator = actor('default', 'operator');

const add = (who: KeyActor, terms: object, tenant: string | null = null) =>
  one.prices.add(who, tenant, priceTermsSchema.parse(terms));

function cost(tenant: string, provider: string, model: string, at = '2026-08-20T12:00:00Z') {
  const result = priceCall(one.books.bookFor(tenant), {
    provider,
    model,
    atNs: instantNs(at),
    usage: { in_uncached: 1_000_000n, out_text: 1_000_000n },
  });
  if (result.status === 'unpriced') return result.reason;
  const usd = (atto: bigint) => Number(atto / 10n ** 12n) / 1e6;
  return { list: usd(result.listAtto), cost: usd(result.costAtto), version: result.bookVersion };
}

describe('an alias', () => {
  test.for([
    ['an Azure deployment', 'azure', 'Chat-Prod', 'azure/gpt-4o', 'azure', 'chat-prod', 12.5],
    [
      'an opaque profile',
      'aws.bedrock',
      PROFILE,
      'bedrock/anthropic.claude-haiku-4-5-20251001-v1:0',
      'bedrock',
      PROFILE,
      6.6,
    ],
    [
      "a gateway's name, whatever provider is told",
      null,
      'smart',
      'openai/gpt-4o',
      'my-gateway',
      'smart',
      12.5,
    ],
    [
      'the name of another model',
      'azure',
      'gpt-4o-mini',
      'azure/gpt-4o',
      'azure',
      'gpt-4o-mini',
      12.5,
    ],
  ] as const)('makes %s priced', async ([, provider, name, target, told, model, list]) => {
    const before = cost('acme', told, model);
    await add(acme, { type: 'alias', provider, name, target });
    expect(cost('acme', told, model)).toMatchObject({ list });
    expect(cost('globex', told, model)).toEqual(before);
  });

  test('holds for the calls that start inside its time', async () => {
    const name = { type: 'alias', provider: 'azure', name: 'chat' };
    await add(acme, { ...name, target: 'azure/gpt-4o', valid_until: '2026-08-10T00:00:00Z' });
    await add(acme, {
      ...name,
      target: 'azure/gpt-4o-mini',
      valid_from: '2026-08-10T00:00:00Z',
      valid_until: '2026-08-20T00:00:00+02:00',
    });
    expect(cost('acme', 'azure', 'chat', '2026-08-09T23:59:59Z')).toMatchObject({ list: 12.5 });
    expect(cost('acme', 'azure', 'chat', '2026-08-10T00:00:00Z')).toMatchObject({ list: 0.75 });
    expect(cost('acme', 'azure', 'chat', '2026-08-19T22:00:00Z')).toBe('unknown_model');
  });

  test('of an alias is followed, and one of itself is no circle', async () => {
    await add(acme, { type: 'alias', provider: 'azure', name: 'gpt-4o', target: 'azure/gpt-4o' });
    await add(acme, { type: 'alias', name: 'smart', target: 'azure/gpt-4o' });
    expect(cost('acme', 'gateway', 'smart')).toMatchObject({ list: 12.5 });
    expect(cost('acme', 'azure', 'gpt-4o')).toMatchObject({ list: 12.5 });
  });

  test('of a model that nobody knows is refused with the nearest names', async () => {
    await expect(
      add(acme, { type: 'alias', name: 'smart', target: 'openai/gpt-4oo' }),
    ).rejects.toThrow(/target is "openai\/gpt-4oo"; expected .* openai\/gpt-4o/);
  });
});

describe("a tenant's own rate", () => {
  test('stands over the list, and the quantities it does not name stay at list', async () => {
    await add(acme, {
      type: 'rates',
      provider: 'openai',
      model: 'gpt-4o',
      rates: { in_uncached: '1.25/1000000' },
    });
    expect(cost('acme', 'openai', 'gpt-4o-2024-08-06')).toMatchObject({ list: 11.25, cost: 11.25 });
    expect(cost('globex', 'openai', 'gpt-4o')).toMatchObject({ list: 12.5 });
    // A contract with OpenAI prices nothing that Azure sells.
    expect(cost('acme', 'azure', 'gpt-4o')).toMatchObject({ list: 12.5 });
  });

  test('holds for a model that its provider sells at the list of another', async () => {
    await add(acme, {
      type: 'rates',
      provider: 'azure',
      model: 'gpt-4o',
      rates: { in_uncached: '1/M' },
    });
    expect(cost('acme', 'azure', 'gpt-4o-2024-08-06')).toMatchObject({ list: 11 });
    expect(cost('acme', 'openai', 'gpt-4o')).toMatchObject({ list: 12.5 });
  });

  test('prices a model and a provider that the book does not have', async () => {
    const rates = { in_uncached: '0.1/M', out_text: '0.2/M' };
    await add(acme, { type: 'rates', provider: 'vllm', model: 'house-7b', rates });
    expect(cost('acme', 'vllm', 'House-7B')).toMatchObject({ list: 0.3 });
    expect(cost('globex', 'vllm', 'house-7b')).toBe('unknown_provider');
  });

  test('may end, and is list price again from then on', async () => {
    const made = await add(acme, {
      type: 'rates',
      provider: 'openai',
      model: 'gpt-4o',
      rates: { in_uncached: '1.25/M' },
    });
    await one.prices.remove(acme, made.id, '2026-08-15T00:00:00Z');
    expect(cost('acme', 'openai', 'gpt-4o', '2026-08-14T23:59:59Z')).toMatchObject({ list: 11.25 });
    expect(cost('acme', 'openai', 'gpt-4o')).toMatchObject({ list: 12.5 });
  });
});

describe('a discount', () => {
  test('lowers the cost and leaves the list price', async () => {
    await add(acme, { type: 'discount', provider: 'openai', discount: '0.05' });
    expect(cost('acme', 'openai', 'gpt-4o')).toMatchObject({ list: 12.5, cost: 11.875 });
    expect(cost('acme', 'azure', 'gpt-4o')).toMatchObject({ list: 12.5, cost: 12.5 });
    expect(cost('globex', 'openai', 'gpt-4o')).toMatchObject({ cost: 12.5 });
  });

  test('without a provider holds at all of them, and one of a model comes on top', async () => {
    await add(acme, { type: 'discount', discount: '0.2' });
    await add(acme, { type: 'discount', provider: 'openai', model: 'gpt-4o', discount: '0.5' });
    expect(cost('acme', 'azure', 'gpt-4o')).toMatchObject({ cost: 10 });
    expect(cost('acme', 'openai', 'gpt-4o')).toMatchObject({ cost: 5 });
    expect(cost('acme', 'openai', 'gpt-4o-mini')).toMatchObject({ list: 0.75, cost: 0.6 });
  });
});

describe('terms that cannot be meant are refused, naming field and value', () => {
  const rates = (more: object) => ({ type: 'rates', provider: 'openai', model: 'gpt-4o', ...more });
  test.for([
    [
      'no such quantity',
      rates({ rates: { in_gold: '1/M' } }),
      /rates\.in_gold is "1\/M"; .*in_uncached/,
    ],
    [
      'no rate',
      rates({ rates: { in_uncached: '1.25' } }),
      /rates\.in_uncached is "1\.25"; .*1\.25\/M/,
    ],
    [
      'a slip of units',
      rates({ rates: { in_uncached: '1.25/k' } }),
      /ten times .*2\.5\/1000000.*note/,
    ],
    [
      'another name',
      rates({ model: 'gpt-4o-2024-08-06', rates: { in_uncached: '1/M' } }),
      /model .*openai\/gpt-4o/,
    ],
    ['no condition', rates({ rates: { in_uncached: '1/M' }, when: { mood: 'good' } }), /^when is/],
    [
      'more than all',
      { type: 'discount', discount: '1.1' },
      /discount is "1\.1"; expected a share/,
    ],
    ['nothing', { type: 'discount', discount: '0' }, /discount is "0"/],
    ['a model alone', { type: 'discount', discount: '0.1', model: 'gpt-4o' }, /provider is null/],
    ['nobody', { type: 'discount', discount: '0.1', provider: 'acorp' }, /provider is "acorp"/],
    [
      'no target',
      { type: 'alias', name: 'x', target: 'gpt-4o' },
      /target is "gpt-4o"; .*PROVIDER\/MODEL/,
    ],
    [
      'half a second',
      { type: 'discount', discount: '0.1', valid_from: '2026-01-01T00:00:00.5Z' },
      /valid_from is .*second/,
    ],
    [
      'an end before',
      {
        type: 'discount',
        discount: '0.1',
        valid_from: '2026-01-02T00:00:00Z',
        valid_until: '2026-01-01T00:00:00Z',
      },
      /valid_until/,
    ],
  ] as const)('%s', async ([, terms, message]) => {
    await expect(add(acme, terms)).rejects.toThrow(message);
    expect(one.prices.list(acme, null)).toEqual([]);
  });

  test('two that say the same for the same time, naming the first', async () => {
    const made = await add(acme, { type: 'discount', provider: 'openai', discount: '0.1' });
    await expect(
      add(acme, { type: 'discount', provider: 'openai', discount: '0.2' }),
    ).rejects.toThrow(made.id);
    await one.prices.remove(acme, made.id, '2026-08-01T00:00:00Z');
    const valid_from = '2026-08-01T00:00:00Z';
    await add(acme, { type: 'discount', provider: 'openai', discount: '0.2', valid_from });
  });

  test('a tenfold price with a note that explains it is taken', async () => {
    await add(acme, rates({ rates: { in_uncached: '30/M' }, note: 'dedicated capacity' }));
    expect(cost('acme', 'openai', 'gpt-4o')).toMatchObject({ list: 40 });
  });
});

describe('who may do it', () => {
  test('an admin stays inside its tenant; an operator may act for any', async () => {
    const terms = { type: 'discount', discount: '0.1' };
    await expect(add(acme, terms, 'globex')).rejects.toMatchObject({ code: 'scope_missing' });
    const made = await add(operator, terms, 'globex');
    expect(cost('globex', 'openai', 'gpt-4o')).toMatchObject({ cost: 11.25 });
    expect(cost('default', 'openai', 'gpt-4o')).toMatchObject({ cost: 12.5 });
    expect(one.prices.list(acme, null)).toEqual([]);
    expect(() => one.prices.list(acme, 'globex')).toThrow('operator');
    await expect(one.prices.remove(acme, made.id, null)).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(one.prices.list(globex, null)).toMatchObject([
      { id: made.id, createdBy: 'key:default' },
    ]);
  });

  test('only an operator imports a book or sees imports', async () => {
    await expect(one.prices.importBook(acme, {})).rejects.toMatchObject({ code: 'scope_missing' });
    expect(one.prices.imports(acme)).toEqual([]);
  });
});

describe('what is taken back', () => {
  test('does not hold any more, and stays in the history with who and when', async () => {
    const made = await add(acme, { type: 'discount', discount: '0.1' });
    const before = one.books.bookFor('acme').version;
    await one.prices.remove(acme, made.id, null);
    expect(cost('acme', 'openai', 'gpt-4o')).toMatchObject({ cost: 12.5 });
    expect(before).toMatch(/^[0-9a-f]{12}\+t[0-9a-f]{12}$/);
    expect(one.books.bookFor('acme').version).toBe(shipped.digest.version);
    expect(one.prices.list(acme, null)).toMatchObject([
      { id: made.id, removedAt: NOW.toISOString() },
    ]);
    const rows = one.state.history().filter(({ kind }) => kind === TERMS_KIND);
    expect(rows.map(({ deleted, actor: who }) => [deleted, who])).toEqual([
      [false, 'key:acme'],
      [true, 'key:acme'],
    ]);
  });
});

describe('every collector', () => {
  test('has the terms with its next refresh, and the same version of the book', async () => {
    const other = await openCollector('other');
    await add(acme, { type: 'discount', discount: '0.1' });
    expect(other.books.bookFor('acme').version).toBe(shipped.digest.version);
    await other.state.refresh();
    expect(other.books.bookFor('acme').version).toBe(one.books.bookFor('acme').version);
  });

  test("keeps a tenant's settled book through changes of others", async () => {
    await add(acme, { type: 'discount', discount: '0.1' });
    const book = one.books.bookFor('acme');
    await add(globex, { type: 'discount', discount: '0.2' });
    expect(one.books.bookFor('acme')).toBe(book);
    expect(one.books.bookFor('initech')).toBe(one.books.base);
  });

  test('can make the book of any recorded version again', async () => {
    const versions = [one.books.bookFor('acme').version];
    const discount = await add(acme, { type: 'discount', discount: '0.1' });
    versions.push(one.books.bookFor('acme').version);
    await add(globex, { type: 'discount', discount: '0.3' });
    await add(acme, { type: 'alias', name: 'smart', target: 'openai/gpt-4o' });
    versions.push(one.books.bookFor('acme').version);
    await one.prices.remove(acme, discount.id, null);
    versions.push(one.books.bookFor('acme').version);
    expect(new Set(versions).size).toBe(4);
    const costs = versions.map((version) => {
      const book = one.books.bookOf('acme', version);
      const call = { provider: 'openai', model: 'gpt-4o', usage: { in_uncached: 1_000_000n } };
      const atNs = instantNs('2026-08-20T12:00:00Z');
      const result = book === undefined ? undefined : priceCall(book, { ...call, atNs });
      return result?.status === 'priced' ? [result.bookVersion, result.costAtto] : undefined;
    });
    const [list, reduced] = [25n * 10n ** 17n, 225n * 10n ** 16n];
    expect(costs).toEqual(versions.map((v, at) => [v, [list, reduced, reduced, list][at]]));
    expect(one.books.bookOf('acme', '0123456789ab')).toBeUndefined();
    expect(one.books.bookOf('globex', versions[1] ?? '')).toBeUndefined();
  });

  test('leaves out a row it cannot read, says so once, and prices on', async () => {
    const row = { actor: 'later', tenant: 'acme', kind: TERMS_KIND, deleted: false };
    await one.state.append([
      { ...row, id: 'a', payload: 'not json' },
      {
        ...row,
        id: 'b',
        payload: '{"type":"rates","provider":"openai","model":"gpt-4o","rates":{"gold":"1/M"}}',
      },
    ]);
    await add(acme, { type: 'discount', discount: '0.1' });
    expect(cost('acme', 'openai', 'gpt-4o')).toMatchObject({ list: 12.5, cost: 11.25 });
    expect(unusable.sort()).toEqual(['a', 'b']);
  });
});
