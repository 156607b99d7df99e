import { describe, expect, test } from 'vitest';
import type { TenantId } from '../access.ts';
import { DEFAULT_TENANT_LIMITS, LIMITS } from '../limit-table.ts';
import { QueryPlaces } from './query-places.ts';
import { ReaderAdmission } from './reader-admission.ts';

const NEVER = new AbortController().signal;

/** Whether a promise is settled once everything that can go on went on. */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  let open = true;
  void promise.then(() => {
    open = false;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return open;
}

describe('places of queries', () => {
  test('go to who waits longest, each to one at a time', async () => {
    const places = new QueryPlaces();
    const first = await places.take(1, NEVER);
    const [second, third] = [places.take(1, NEVER), places.take(1, NEVER)];
    expect(places).toMatchObject({ running: 1, waiting: 2 });
    first();
    first();
    const giveBack = await second;
    expect(await isOpen(third)).toBe(true);
    expect(places).toMatchObject({ running: 1, waiting: 1 });
    giveBack();
    (await third)();
    expect(places).toMatchObject({ running: 0, waiting: 0 });
  });

  test('are not waited for by a request that ended', async () => {
    const places = new QueryPlaces();
    const first = await places.take(1, NEVER);
    const stop = new AbortController();
    const gone = expect(places.take(1, stop.signal)).rejects.toThrow('gone');
    stop.abort(new Error('gone'));
    await gone;
    first();
    expect(places).toMatchObject({ running: 0, waiting: 0 });
    await expect(places.take(1, stop.signal)).rejects.toThrow('gone');
  });

  test('are of each tenant: one that fills its own takes none of another', async () => {
    const reads = new ReaderAdmission({
      limits: { of: () => DEFAULT_TENANT_LIMITS },
      nowMs: () => 0,
    });
    const [atOnce, waiting] = [LIMITS.queries_at_once.byDefault, LIMITS.queries_waiting.byDefault];
    const asked = Array.from({ length: atOnce + waiting }, () => reads.place('acme', NEVER));
    await expect(reads.place('acme', NEVER)).rejects.toMatchObject({
      code: 'rate_limited',
      limit: 'queries_at_once',
      headers: { 'retry-after': '1' },
    });
    (await reads.place('beta', NEVER))();
    for (const place of asked) (await place)();
    (await reads.place('acme', NEVER))();
  });
});

test('a limit that is raised helps a key at once, and one that is taken away counts no more', () => {
  let limits = { ...DEFAULT_TENANT_LIMITS, reads_per_second: 1, burst_seconds: 1 };
  const reads = new ReaderAdmission({ limits: { of: () => limits }, nowMs: () => 0 });
  const key = { keyId: 'k', tenant: 'acme' as TenantId };
  reads.enter(key);
  expect(() => reads.enter(key)).toThrow('limit reads_per_second');
  limits = { ...limits, reads_per_second: 10, burst_seconds: 10 };
  expect(() => reads.enter(key)).toThrow('limit reads_per_second');
  expect(reads.enter({ ...key, keyId: 'other' })).toEqual({
    'ratelimit-policy': '"reads";q=100;w=10',
    ratelimit: '"reads";r=99;t=1',
  });
});
