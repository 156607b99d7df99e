import { beforeEach, describe, expect, test } from 'vitest';
import { ClaimsFile } from './claims-file.ts';
import { ClusterOwnership } from './cluster-ownership.ts';
import type { OwnershipEvent } from './cluster-ownership-deps.ts';
import { RENEW_MS } from './lease.ts';
import {
  createMemoryOwnershipRegister,
  type MemoryOwnershipRegister,
} from './memory-ownership-register.ts';
import { OwnershipLost, SettledElsewhere } from './settle-ownership.ts';
import { settled, TestClock } from './test-clock.ts';

/** How long an owner acts without renewing, and when another one takes over. */
const HELD_MS = 45_000;
const LEASE_MS = 60_000;

interface Disk {
  text: string | undefined;
}

let clock: TestClock;
let register: MemoryOwnershipRegister;
beforeEach(() => {
  clock = new TestClock();
  register = createMemoryOwnershipRegister();
});

async function collector(
  writer: string,
  given: { isStanding?: boolean; disk?: Disk; waits?: Promise<void> } = {},
) {
  const { isStanding = true, disk = { text: undefined }, waits = Promise.resolve() } = given;
  const events: OwnershipEvent['kind'][] = [];
  const journal = { oldestMs: undefined as number | undefined, waits, isAside: false };
  const putBack: string[] = [];
  const claims = await ClaimsFile.open(
    {
      read: async () => disk.text,
      write: async (text) => {
        disk.text = text;
      },
    },
    [writer],
  );
  const ownership = new ClusterOwnership({
    register,
    claims,
    writer,
    name: `at ${writer}`,
    isStanding,
    oldestMs: () => journal.oldestMs,
    stored: () => journal.waits,
    isAside: () => journal.isAside,
    reentered: {
      due: putBack,
      looked: async (batches) => void putBack.splice(0, batches.length),
    },
    steadyMs: () => clock.nowMs,
    nowMs: () => clock.nowMs,
    timers: clock.timersOf(writer),
    onEvent: ({ kind }) => events.push(kind),
  });
  ownership.start();
  await settled();
  return { ownership, journal, putBack, events, disk };
}

const holder = async () => (await register.read())?.state.holder?.writer ?? null;
const debts = async () => (await register.read())?.state.debts;

describe('a standing collector', () => {
  test('takes what is free, and keeps it', async () => {
    const { ownership } = await collector('a');
    expect(ownership.isHeld).toBe(true);
    await clock.pass(10 * LEASE_MS);
    expect(ownership.isHeld).toBe(true);
    expect(await holder()).toBe('a');
  });

  test('waits while another one renews', async () => {
    const a = await collector('a');
    const b = await collector('b');
    await clock.pass(10 * LEASE_MS);
    expect([a.ownership.isHeld, b.ownership.isHeld]).toEqual([true, false]);
    await expect(b.ownership.hold(async () => 1)).rejects.toThrow(SettledElsewhere);
    await expect(b.ownership.hold(async () => 1)).rejects.toThrow('at a settles.');
  });

  test('takes over from one that left, at once and without a debt', async () => {
    const a = await collector('a');
    const b = await collector('b');
    await a.ownership.stop();
    await clock.pass(RENEW_MS);
    expect([await holder(), b.ownership.isHeld]).toEqual(['b', true]);
    expect(await debts()).toEqual([]);
    expect(a.disk.text).toContain('"writers":[]');
  });

  test.for([
    ['rows of it wait', { oldestMs: 1 }],
    ['a part of it is set aside', { isAside: true }],
    ['it works', {}],
  ] as const)('leaves a debt when it stops while %s', async ([, change]) => {
    const a = await collector('a');
    const b = await collector('b');
    Object.assign(a.journal, change);
    const isWorking = Object.keys(change).length === 0;
    if (isWorking) void a.ownership.hold(() => new Promise(() => undefined));
    await a.ownership.stop();
    await clock.pass(RENEW_MS);
    expect(await holder()).toBe('a');
    await clock.pass(LEASE_MS + RENEW_MS);
    expect(b.ownership.isHeld).toBe(true);
    expect(await debts()).toMatchObject([{ writer: 'a', stored: null }]);
  });

  test('takes over from one that is gone, no sooner than its lease is over', async () => {
    await collector('a');
    const b = await collector('b');
    clock.paused.add('a');
    await clock.pass(LEASE_MS - RENEW_MS);
    expect(b.ownership.isHeld).toBe(false);
    await clock.pass(2 * RENEW_MS);
    expect(b.ownership.isHeld).toBe(true);
  });

  test('is not the owner while Keeper does not answer for long, and is again afterwards', async () => {
    const { ownership, events } = await collector('a');
    register.failure = new Error('away');
    await clock.pass(HELD_MS - RENEW_MS);
    expect(ownership.isHeld).toBe(true);
    await clock.pass(2 * RENEW_MS);
    expect(ownership.isHeld).toBe(false);
    expect(() => ownership.assertHeld()).toThrow(OwnershipLost);
    await expect(ownership.hold(async () => 1)).rejects.toThrow('away');
    register.failure = null;
    await clock.pass(RENEW_MS);
    expect(ownership.isHeld).toBe(true);
    expect(events).toContain('failed');
  });
});

test('nobody acts as the owner once another one may have taken over', async () => {
  const a = await collector('a');
  const b = await collector('b');
  clock.paused.add('a');
  for (let passedMs = 0; passedMs < 3 * LEASE_MS; passedMs += RENEW_MS) {
    await clock.pass(RENEW_MS);
    expect(a.ownership.isHeld && b.ownership.isHeld).toBe(false);
  }
  expect(() => a.ownership.assertHeld()).toThrow(OwnershipLost);
  expect(b.ownership.isHeld).toBe(true);
});

describe('what an owner that was replaced left in its journal', () => {
  async function replaced() {
    const a = await collector('a');
    const waits = Promise.withResolvers<void>();
    // Of a segment that was found, as the disk tells it.
    a.journal.oldestMs = clock.nowMs - 5_000 + 0.25;
    a.journal.waits = waits.promise;
    const b = await collector('b');
    await clock.pass(RENEW_MS);
    clock.paused.add('a');
    await clock.pass(2 * LEASE_MS);
    return { a, b, storeAll: waits.resolve };
  }

  test('is a debt, from the oldest that it had when it renewed last', async () => {
    const { a, b } = await replaced();
    const sinceMs = Math.floor(a.journal.oldestMs!);
    expect(await debts()).toEqual([{ writer: 'a', name: 'at a', sinceMs, stored: null }]);
    expect(b.ownership.debts()).toEqual([]);
  });

  test('is looked at once it says that all is stored, and then forgiven', async () => {
    const { a, b, storeAll } = await replaced();
    clock.paused.clear();
    await clock.pass(5 * RENEW_MS);
    expect(b.ownership.debts()).toEqual([]);
    storeAll();
    await clock.pass(2 * RENEW_MS);
    expect(a.events).toEqual(['taken', 'lost', 'stored']);
    const found = b.ownership.debts();
    expect(found).toMatchObject([{ writer: 'a', stored: { writers: ['a'] } }]);
    await b.ownership.forgive(found);
    expect(await debts()).toEqual([]);
    await clock.pass(RENEW_MS);
    expect(b.ownership.debts()).toEqual([]);
  });

  test('is told by whoever starts on its data directory, under every id that it may be stored by', async () => {
    const { a, b } = await replaced();
    await collector('a2', { disk: a.disk, waits: new Promise(() => undefined) });
    clock.paused.add('a2');
    await collector('a3', { disk: a.disk });
    await clock.pass(2 * RENEW_MS);
    expect(b.ownership.debts()).toMatchObject([{ stored: { writers: ['a', 'a2', 'a3'] } }]);
  });

  test('is told also of a process that died as the owner again, once that was replaced', async () => {
    const { a, b } = await replaced();
    clock.paused.delete('a');
    clock.paused.add('b');
    await clock.pass(2 * LEASE_MS);
    // It is the owner again, dies, and whoever starts next on its directory has little to store.
    clock.paused.add('a');
    await collector('a2', { disk: a.disk, isStanding: false });
    await clock.pass(2 * RENEW_MS);
    clock.paused.delete('b');
    await clock.pass(3 * LEASE_MS);
    expect(await holder()).toBe('b');
    const left = await debts();
    expect(left?.map(({ writer }) => writer)).toEqual(['a', 'b', 'a']);
    expect(left?.filter(({ stored }) => stored === null)).toEqual([]);
    expect(b.events).toContain('lost');
  });

  test('is not told as long as a part of it is set aside', async () => {
    const { a, b, storeAll } = await replaced();
    a.journal.isAside = true;
    clock.paused.clear();
    storeAll();
    await clock.pass(5 * RENEW_MS);
    expect(b.ownership.debts()).toEqual([]);
    expect(a.disk.text).toContain('a');
    a.journal.isAside = false;
    await clock.pass(2 * RENEW_MS);
    expect(b.ownership.debts()).toMatchObject([{ writer: 'a', stored: { writers: ['a'] } }]);
  });

  test('is its own to look at when it is the owner again', async () => {
    const { a, b } = await replaced();
    clock.paused.delete('a');
    clock.paused.add('b');
    await clock.pass(2 * LEASE_MS);
    expect(a.ownership.isHeld).toBe(true);
    expect(a.ownership.debts()).toMatchObject([{ writer: 'a', stored: { writers: ['a'] } }]);
    expect(b.ownership.isHeld).toBe(false);
  });

  test('is not lost when two are replaced one after the other', async () => {
    const { b } = await replaced();
    const c = await collector('c');
    clock.paused.add('b');
    await clock.pass(2 * LEASE_MS);
    expect(c.ownership.isHeld).toBe(true);
    expect((await debts())?.map(({ writer }) => writer)).toEqual(['a', 'b']);
    expect(b.ownership.isHeld).toBe(false);
  });
});

describe('a collector that does not stand', () => {
  test('is the owner while it works, and leaves when all is stored', async () => {
    const a = await collector('a', { isStanding: false });
    expect(await holder()).toBeNull();
    const held = await a.ownership.hold(async () => {
      await clock.pass(3 * LEASE_MS);
      a.ownership.assertHeld();
      return holder();
    });
    expect(held).toBe('a');
    expect(await holder()).toBeNull();
    expect(await debts()).toEqual([]);
  });

  test('gives what its work came to although it cannot leave', async () => {
    const a = await collector('a', { isStanding: false });
    const work = async () => {
      register.failure = new Error('away');
      return 'done';
    };
    expect(await a.ownership.hold(work)).toBe('done');
    expect(a.events).toContain('failed');
  });

  test('leaves a debt where a part of its work may have been set aside', async () => {
    const a = await collector('a', { isStanding: false });
    a.journal.isAside = true;
    await a.ownership.hold(async () => undefined);
    expect(a.ownership.isHeld).toBe(false);
    await collector('b');
    await clock.pass(LEASE_MS + 2 * RENEW_MS);
    expect(await holder()).toBe('b');
    expect(await debts()).toMatchObject([{ writer: 'a', stored: null }]);
  });

  test('takes over from one that it saw to be gone', async () => {
    await collector('a');
    const b = await collector('b', { isStanding: false });
    clock.paused.add('a');
    await clock.pass(2 * LEASE_MS);
    expect(await b.ownership.hold(async () => holder())).toBe('b');
  });
});

test('what a lost disk owes is not kept for ever: of more than a hundred the oldest goes', async () => {
  for (let i = 0; i <= 102; i++) {
    await collector(`lost${i}`);
    await clock.pass(LEASE_MS + 2 * RENEW_MS);
    clock.paused.add(`lost${i}`);
  }
  const left = await debts();
  expect(left).toHaveLength(100);
  expect([left?.at(0)?.writer, left?.at(-1)?.writer]).toEqual(['lost2', 'lost101']);
});

test('a failure is told once, as long as it lasts, and again when it comes back', async () => {
  const a = await collector('a');
  const b = await collector('b');
  clock.paused.add('a');
  await clock.pass(2 * LEASE_MS);
  expect(b.ownership.isHeld).toBe(true);
  clock.paused.clear();
  // It can be asked who settles, but nothing can be told.
  const put = register.put;
  register.put = async (record) => {
    if (record.author.startsWith('a-')) throw new Error('read-only');
    return put(record);
  };
  await clock.pass(6 * RENEW_MS);
  const failed = () => a.events.filter((kind) => kind === 'failed').length;
  expect(failed()).toBe(1);
  expect(a.ownership.standing.failure).toMatchObject({ message: 'read-only' });
  register.put = put;
  await clock.pass(3 * RENEW_MS);
  expect(a.ownership.standing.failure).toBeUndefined();
  register.failure = new Error('away');
  await clock.pass(2 * RENEW_MS);
  expect(failed()).toBe(2);
});

describe('what was set aside and put back', () => {
  const BATCH = '00ff.1.2026-08-20';

  test('is told to the owner by another collector, once, and looked at', async () => {
    const a = await collector('a');
    const b = await collector('b', { isStanding: false });
    b.putBack.push(BATCH);
    await clock.pass(2 * RENEW_MS);
    const found = a.ownership.debts();
    expect(found).toMatchObject([{ name: 'at b', stored: { writers: [] }, reentered: [BATCH] }]);
    expect(b.putBack).toEqual([]);
    await a.ownership.forgive(found);
    await clock.pass(2 * RENEW_MS);
    expect(await debts()).toEqual([]);
  });

  test('is told in time although nobody could be asked', async () => {
    const a = await collector('a');
    const b = await collector('b');
    b.putBack.push(BATCH);
    register.failure = new Error('away');
    await clock.pass(2 * RENEW_MS);
    expect(b.putBack).toEqual([BATCH]);
    register.failure = null;
    await clock.pass(2 * RENEW_MS);
    expect(a.ownership.debts()).toMatchObject([{ reentered: [BATCH] }]);
  });

  test('is left to the own passes of the owner', async () => {
    const { putBack } = await collector('a');
    putBack.push(BATCH);
    await clock.pass(2 * RENEW_MS);
    expect(putBack).toEqual([BATCH]);
  });
});

test('the number of the ownership changes with the owner, not with renewals', async () => {
  const a = await collector('a');
  const first = a.ownership.epoch;
  await clock.pass(5 * RENEW_MS);
  expect(a.ownership.epoch).toBe(first);
  const b = await collector('b');
  await a.ownership.stop();
  await clock.pass(RENEW_MS);
  expect(b.ownership.epoch).toBeGreaterThan(first);
});
