import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { TenantId } from '../access.ts';
import { DEFAULT_TENANT_LIMITS, LIMITS, type TenantLimits } from '../limit-table.ts';
import { Problem, unavailable } from '../problems.ts';
import type { TenantState } from '../tenant-states.ts';
import { DailyUse } from './daily-use.ts';
import { RequestAdmission } from './request-admission.ts';
import { RoomQueue } from './room-queue.ts';

const ACME = 'acme' as TenantId;
const BETA = 'beta' as TenantId;
const NOON = Date.parse('2026-08-20T12:00:00Z');
const HELD_MAX = 1_000_000;
/** Of it, what is enough to keep CPU and disk at work. */
const ENOUGH = 600_000;

let limits: Record<string, Partial<TenantLimits>>;
let settled: Map<string, TenantLimits>;
let nowMs: number;
let wallMs: number;
let isTight: boolean;
let timesUp: (() => void)[];
let heldBytes: number;
let journal: { text: string; isFull: boolean } | undefined;
let underWay: number;
let states: Map<string, TenantState>;
let use: DailyUse;
let door: RequestAdmission;

function limitsOf(tenant: string): TenantLimits {
  const known = settled.get(tenant) ?? { ...DEFAULT_TENANT_LIMITS, ...limits[tenant] };
  settled.set(tenant, known);
  return known;
}

function setLimits(tenant: string, own: Partial<TenantLimits>): void {
  limits[tenant] = own;
  settled.delete(tenant);
}

beforeEach(() => {
  states = new Map();
  [limits, settled, nowMs, wallMs] = [{}, new Map(), 0, NOON];
  [isTight, timesUp, heldBytes, journal, underWay] = [false, [], 0, undefined, 0];
  use = new DailyUse(() => wallMs);
  const held = {
    bytesMax: HELD_MAX,
    get total() {
      return heldBytes;
    },
    take: (bytes: number) => {
      if (heldBytes + bytes > HELD_MAX) throw unavailable('overloaded');
      heldBytes += bytes;
    },
    giveBack: (bytes: number) => {
      heldBytes -= bytes;
    },
  };
  const sleep = (_ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      timesUp.push(resolve);
      signal?.addEventListener('abort', () => resolve());
    });
  const room = new RoomQueue({
    held,
    memory: { isTight: () => isTight },
    enoughBytes: ENOUGH,
    timers: { sleep },
    nowMs: () => nowMs,
  });
  door = new RequestAdmission({
    limits: { of: limitsOf },
    states: { of: (tenant) => states.get(tenant) },
    use,
    held,
    room,
    journalRefusal: () => journal,
    onUnderWay: (count) => {
      underWay = count;
    },
    nowMs: () => nowMs,
  });
});

/** What a request meets: undefined where it is taken, else the problem, in words. */
function refusalOf(step: () => unknown): string | undefined {
  try {
    step();
    return undefined;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return `${error.spec.status} ${error.code} ${error.limit} ${error.headers['retry-after']}`;
  }
}

/** A whole request: let in, read, decoded, durable. */
function send(tenant: TenantId, spans: number, bytes = 100): void {
  door.checkRoom();
  const pass = door.admit(tenant, bytes);
  let isKept = false;
  try {
    expect(pass.room()).toBeUndefined();
    pass.bodyRead(bytes);
    door.chargeSpans(tenant, { decoded: spans, kept: spans });
    isKept = true;
  } finally {
    pass.close(isKept);
  }
}

describe('a tenant without limits of its own', () => {
  test('sends as much as it likes, and is counted', () => {
    for (let i = 0; i < 500; i++) send(ACME, 1000, 10_000);
    expect(use.of('acme')).toEqual({ spans: 500_000, bytes: 5_000_000 });
    expect(underWay).toBe(0);
  });
});

describe('a tenant with a limit', () => {
  test.for([
    ['requests_per_second', 2, '429 rate_limited requests_per_second 1'],
    ['spans_per_second', 5, '429 rate_limited spans_per_second 2'],
    ['bytes_per_second', 10, '429 rate_limited bytes_per_second 10'],
    ['spans_per_day', 10, '429 quota_used_up spans_per_day 43200'],
    ['bytes_per_day', 100, '429 quota_used_up bytes_per_day 43200'],
  ] as const)(
    'of %s %d is told when to come again, others are not disturbed',
    ([name, value, refusal]) => {
      setLimits('acme', { [name]: value, burst_seconds: 0 });
      send(ACME, 10);
      expect(refusalOf(() => send(ACME, 10))).toBe(refusal);
      for (let i = 0; i < 20; i++) send(BETA, 10);
      expect(refusalOf(() => send(ACME, 10))).toBe(refusal);
      const seconds = Number(refusal.split(' ').at(-1));
      [nowMs, wallMs] = [nowMs + seconds * 1000, wallMs + seconds * 1000];
      expect(refusalOf(() => send(ACME, 10))).toBeUndefined();
    },
  );

  test('waits for the slowest of several', () => {
    setLimits('acme', { requests_per_second: 1, spans_per_second: 10, burst_seconds: 0 });
    send(ACME, 50);
    expect(refusalOf(() => send(ACME, 1))).toBe('429 rate_limited spans_per_second 5');
  });

  test('may do after a quiet time what its burst allows', () => {
    setLimits('acme', { requests_per_second: 2, burst_seconds: 5 });
    for (let i = 0; i < 10; i++) send(ACME, 1);
    expect(refusalOf(() => send(ACME, 1))).toBe('429 rate_limited requests_per_second 1');
  });

  test('that is raised, or taken away, is let in at once', () => {
    setLimits('acme', { spans_per_second: 1, burst_seconds: 0 });
    send(ACME, 1_000_000);
    expect(refusalOf(() => send(ACME, 1))).toBe('429 rate_limited spans_per_second 1000000');
    setLimits('acme', {});
    expect(refusalOf(() => send(ACME, 1))).toBeUndefined();
  });

  test('of requests at once holds for those that are not answered yet', () => {
    setLimits('acme', { requests_at_once: 2 });
    const passes = [door.admit(ACME, 10), door.admit(ACME, 10)];
    expect(refusalOf(() => door.admit(ACME, 10))).toBe('429 rate_limited requests_at_once 1');
    expect(refusalOf(() => door.admit(BETA, 10).close(false))).toBeUndefined();
    passes[0]?.close(false);
    expect(refusalOf(() => door.admit(ACME, 10))).toBeUndefined();
  });

  test('is not passed by many that came together: all but one are refused before they are decoded', () => {
    setLimits('acme', { spans_per_second: 100, spans_per_day: 1_000_000, burst_seconds: 1 });
    const passes = Array.from({ length: 10 }, () => door.admit(ACME, 10));
    let taken = 0;
    for (const pass of passes) {
      const refusal = refusalOf(() => {
        pass.bodyRead(10);
        door.chargeSpans(ACME, { decoded: 500, kept: 500 });
        taken += 500;
      });
      pass.close(refusal === undefined);
    }
    expect(taken).toBe(500);
    expect(use.of('acme')).toEqual({ spans: 500, bytes: 10 });
  });

  test('does not count for the day what could not be kept', () => {
    const pass = door.admit(ACME, 10);
    pass.bodyRead(50);
    const takeBack = door.chargeSpans(ACME, { decoded: 7, kept: 5 });
    expect(use.of('acme')).toEqual({ spans: 5, bytes: 50 });
    takeBack();
    pass.close(false);
    expect(use.of('acme')).toEqual({ spans: 0, bytes: 0 });
  });

  test('never has more spans taken than rate × time + burst + one request', () => {
    const requests = fc.array(
      fc.record({ afterMs: fc.nat(3000), spans: fc.integer({ min: 1, max: 600 }) }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.nat(5), requests, (rate, burst, sent) => {
        const tenant = `t${rate}-${burst}-${Math.random()}` as TenantId;
        setLimits(tenant, { spans_per_second: rate, burst_seconds: burst });
        const startMs = nowMs;
        let before = 0;
        for (const { afterMs, spans } of sent) {
          nowMs += afterMs;
          if (refusalOf(() => send(tenant, spans)) !== undefined) continue;
          const allowed = (rate * (nowMs - startMs)) / 1000 + Math.max(1, rate * burst);
          expect(before).toBeLessThanOrEqual(allowed + 1e-3);
          before += spans;
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a collector', () => {
  test('sets aside what a body declared, and lets go of everything whatever happens', () => {
    const [first, second] = [door.admit(ACME, HELD_MAX / 2), door.admit(ACME, undefined)];
    for (const pass of [first, second]) expect(pass.room()).toBeUndefined();
    first.held.take(HELD_MAX / 4);
    first.held.take(HELD_MAX / 4);
    expect(heldBytes).toBe(HELD_MAX / 2);
    second.held.take(HELD_MAX / 2);
    for (const pass of [first, second]) {
      expect(refusalOf(() => pass.held.take(1))).toContain('503 overloaded');
    }
    second.held.giveBack(HELD_MAX / 2);
    second.close(false);
    expect(heldBytes).toBe(HELD_MAX / 2);
    first.close(true);
    expect(heldBytes).toBe(0);
  });

  test('lets those wait for whom there is no room, and nobody overtakes', async () => {
    const open = (bytes: number) => {
      const pass = door.admit(ACME, bytes);
      return { pass, room: pass.room() };
    };
    const first = open(HELD_MAX);
    const [large, small] = [open(HELD_MAX), open(10)];
    expect([first.room === undefined, large.room, small.room]).toEqual([
      true,
      expect.any(Promise),
      expect.any(Promise),
    ]);
    first.pass.close(true);
    await large.room;
    expect(heldBytes).toBe(HELD_MAX);
    large.pass.close(true);
    await small.room;
    expect(heldBytes).toBe(10);
    small.pass.close(true);
    expect([heldBytes, underWay]).toEqual([0, 0]);
  });

  test('sends back who waited too long, and who comes when too many wait', async () => {
    const first = door.admit(ACME, HELD_MAX);
    expect(first.room()).toBeUndefined();
    const waiting = Array.from({ length: 256 }, () => {
      const pass = door.admit(ACME, 1);
      return { pass, room: pass.room() };
    });
    expect(refusalOf(() => door.checkRoom())).toBe('503 overloaded held_bytes 1');
    timesUp[0]?.();
    await expect(waiting[0]?.room).rejects.toMatchObject({ code: 'overloaded' });
    waiting[0]?.pass.close(false);
    expect(refusalOf(() => door.checkRoom())).toBeUndefined();
    first.close(true);
    await Promise.all(waiting.slice(1).map(({ room }) => room));
    expect(heldBytes).toBe(255);
  });

  test('near its memory holds little at a time, and always tries one', async () => {
    isTight = true;
    const first = door.admit(ACME, HELD_MAX);
    expect(first.room()).toBeUndefined();
    const second = door.admit(ACME, HELD_MAX / 32);
    const room = second.room();
    expect(room).toBeDefined();
    first.close(true);
    await room;
    expect(door.admit(ACME, HELD_MAX / 32).room()).toBeUndefined();
    expect(door.admit(ACME, 1).room()).toBeDefined();
  });

  test('lets those wait for whom there is room, while enough is on its way', async () => {
    const first = door.admit(ACME, ENOUGH);
    expect(first.room()).toBeUndefined();
    const room = door.admit(ACME, 10).room();
    expect(room).toBeDefined();
    first.close(true);
    await room;
  });

  test.each([false, true])(
    'is not held up by bodies that do not come; memory is short: %s',
    (tight) => {
      const announced = Array.from({ length: 6 }, () => door.admit(ACME, ENOUGH / 6));
      for (const pass of announced) expect(pass.room()).toBeUndefined();
      isTight = tight;
      nowMs += 1_000;
      expect(door.admit(BETA, HELD_MAX / 10).room()).toBeUndefined();
    },
  );

  test('lets in who waited, once it shows that nothing else comes', async () => {
    const first = door.admit(ACME, ENOUGH);
    expect(first.room()).toBeUndefined();
    const room = door.admit(BETA, 10).room();
    nowMs += 1_000;
    timesUp[0]?.();
    await room;
  });

  test('counts what has come of a slow body: that is held', () => {
    const slow = door.admit(ACME, ENOUGH);
    expect(slow.room()).toBeUndefined();
    slow.held.take(ENOUGH - 5);
    nowMs += 1_000;
    expect(door.admit(BETA, 10).room()).toBeDefined();
  });

  test('leaves a body that is too large by its length to who reads it', () => {
    setLimits('acme', { bytes_per_second: 1000, burst_seconds: 1 });
    expect(door.admit(ACME, 10).room()).toBeUndefined();
    const pass = door.admit(ACME, 1e12);
    expect(pass.room()).toBeUndefined();
    pass.close(false);
    expect(refusalOf(() => door.admit(ACME, 10))).toBeUndefined();
  });

  test('gives the bytes of a body that never came back to its tenant', () => {
    setLimits('acme', { bytes_per_second: 10, burst_seconds: 0 });
    door.admit(ACME, 100_000).close(false);
    expect(refusalOf(() => door.admit(ACME, 10))).toBeUndefined();
  });

  test('takes no more requests than it has places', () => {
    setLimits('acme', { requests_at_once: 10_000 });
    const max = LIMITS.requests_in_flight.byDefault;
    const passes = Array.from({ length: max }, () => door.admit(ACME, 0));
    expect(underWay).toBe(max);
    expect(refusalOf(() => door.checkRoom())).toBe('503 overloaded requests_in_flight 1');
    for (const pass of passes) pass.close(false);
    expect(refusalOf(() => door.checkRoom())).toBeUndefined();
  });

  test('says what the journal says, before anything else', () => {
    journal = { text: 'full', isFull: true };
    expect(refusalOf(() => door.checkRoom())).toBe('503 journal_unavailable journal_bytes 1');
    journal = { text: 'broken', isFull: false };
    expect(refusalOf(() => door.checkRoom())).toBe('503 journal_unavailable undefined 1');
  });
});

describe('a tenant that is not active', () => {
  test.for([
    ['suspended', '403 tenant_suspended undefined undefined'],
    ['deleting', '401 key_unknown undefined undefined'],
    ['deleted', '401 key_unknown undefined undefined'],
  ] as const)('%s is refused, others are not', ([state, refusal]) => {
    states.set('acme', state);
    expect(refusalOf(() => send(ACME, 1))).toBe(refusal);
    expect(refusalOf(() => send(BETA, 1))).toBeUndefined();
    states.set('acme', 'active');
    expect(refusalOf(() => send(ACME, 1))).toBeUndefined();
  });

  test('gets nothing in by a body that came while it was deleted', () => {
    const pass = door.admit(ACME, 100);
    states.set('acme', 'deleting');
    expect(refusalOf(() => pass.bodyRead(100))).toBe('401 key_unknown undefined undefined');
    expect(door.underWayOf('acme')).toBe(1);
    pass.close(false);
    expect(door.underWayOf('acme')).toBe(0);
  });
});
