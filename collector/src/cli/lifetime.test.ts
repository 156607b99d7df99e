import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createLog } from '../log.ts';
import type { RunningCollector } from '../running-collector.ts';
import { EXIT_FAULT, EXIT_NOT_DRAINED, runUntilStopped } from './lifetime.ts';

let events: EventEmitter;
let codes: number[];
let steps: string[];
let clockMs: number;
let drained: PromiseWithResolvers<void>;
let failure: PromiseWithResolvers<never>;

beforeEach(() => {
  events = new EventEmitter();
  [codes, steps, clockMs] = [[], [], 0];
  drained = Promise.withResolvers();
  failure = Promise.withResolvers();
});

const collector = (): RunningCollector => ({
  drain: (deadline) => {
    steps.push('drain');
    deadline.addEventListener('abort', () => steps.push('deadline'));
    return drained.promise;
  },
  makeJournalSafe: async () => {
    steps.push('safe');
  },
  failure: failure.promise,
});

function live(changed: Partial<Parameters<typeof runUntilStopped>[0]> = {}) {
  const ended = runUntilStopped({
    start: async () => collector(),
    events,
    exit: (code) => {
      codes.push(code);
      steps.push('exit');
    },
    log: createLog('silent', process.stderr),
    drainTimeoutMs: 60_000,
    nowMs: () => clockMs,
    ...changed,
  });
  return { ended };
}
/** Lets the start and its listeners get in place. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a running collector', () => {
  test.for(['SIGTERM', 'SIGINT', 'disconnect'])('drains on %s and ends with 0', async (signal) => {
    const { ended } = live();
    await settled();
    events.emit(signal);
    drained.resolve();
    expect(await ended).toBe(0);
    expect(steps).toEqual(['drain']);
    expect(events.eventNames()).toEqual([]);
  });

  test('that does not drain in time ends with 1', async () => {
    const { ended } = live({ drainTimeoutMs: 1 });
    await settled();
    events.emit('SIGTERM');
    expect(await ended).toBe(EXIT_NOT_DRAINED);
    expect(steps).toEqual(['drain', 'deadline']);
  });

  test('ends at once on a second signal', async () => {
    live();
    await settled();
    events.emit('SIGINT');
    clockMs = 500;
    events.emit('SIGINT');
    expect(codes).toEqual([130]);
  });

  test('takes signals that come together, as from a terminal and a launcher, for one', async () => {
    const { ended } = live();
    await settled();
    events.emit('SIGINT');
    clockMs = 499;
    events.emit('SIGINT');
    events.emit('SIGTERM');
    drained.resolve();
    expect(await ended).toBe(0);
    expect(codes).toEqual([]);
  });

  test.for(['uncaughtException', 'unhandledRejection'])(
    'makes its journal safe after an %s before it ends with a code',
    async (name) => {
      live();
      await settled();
      events.emit(name, new Error('fault'));
      events.emit(name, new Error('another'));
      await vi.waitUntil(() => codes.length > 0);
      expect(steps).toEqual(['safe', 'exit']);
      expect(codes).toEqual([EXIT_FAULT]);
    },
  );

  test('that fails for good drains what it can and ends with 1', async () => {
    const { ended } = live();
    await settled();
    failure.reject(new Error('the disk is gone'));
    drained.resolve();
    expect(await ended).toBe(EXIT_NOT_DRAINED);
    expect(steps).toEqual(['drain']);
  });

  test('whose drain fails ends with 1', async () => {
    const { ended } = live();
    await settled();
    events.emit('SIGTERM');
    drained.reject(new Error('no'));
    expect(await ended).toBe(EXIT_NOT_DRAINED);
  });
});

test('a signal during a start that hangs ends at once: there is nothing to drain', async () => {
  live({ start: () => new Promise(() => undefined) });
  events.emit('SIGTERM');
  expect(codes).toEqual([143]);
});

test('a start that fails leaves no listeners behind', async () => {
  const { ended } = live({ start: () => Promise.reject(new Error('port in use')) });
  await expect(ended).rejects.toThrow('port in use');
  expect(events.eventNames()).toEqual([]);
});
