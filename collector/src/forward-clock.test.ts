/** A clock that is set forwards and backwards by hours and days: the time this process tells only goes on. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { forwardClock } from './forward-clock.ts';

const NOON = Date.UTC(2026, 7, 20, 12);
const HOUR_MS = 3_600_000;

function jumping() {
  const machine = { wallMs: NOON, steadyMs: 5 };
  const clock = forwardClock(
    () => machine.wallMs,
    () => machine.steadyMs,
  );
  const pass = (ms: number) => {
    machine.wallMs += ms;
    machine.steadyMs += ms;
  };
  return { machine, clock, pass };
}

it.for([
  ['an hour back', -HOUR_MS],
  ['a day back, across midnight', -24 * HOUR_MS],
  ['to 1970', -NOON],
])('set %s it goes on from where it was, at its own pace', ([, step]) => {
  const { machine, clock, pass } = jumping();
  machine.wallMs += Number(step);
  expect(clock.nowMs()).toBe(NOON);
  pass(1_500);
  expect(clock.nowMs()).toBe(NOON + 1_500);
});

it('set forwards it follows, and set back again it stays there', () => {
  const { machine, clock, pass } = jumping();
  machine.wallMs += 48 * HOUR_MS;
  expect(clock.nowMs()).toBe(NOON + 48 * HOUR_MS);
  machine.wallMs -= 48 * HOUR_MS;
  pass(1_000);
  expect(clock.nowMs()).toBe(NOON + 48 * HOUR_MS + 1_000);
});

it('never goes back and never stands while time passes, whatever is done to the machine', () => {
  const moves = fc.array(
    fc.record({ step: fc.integer({ min: -1e9, max: 1e9 }), pass: fc.nat(1e6) }),
  );
  fc.assert(
    fc.property(moves, (all) => {
      const { machine, clock, pass } = jumping();
      let before = clock.nowMs();
      for (const move of all) {
        machine.wallMs += move.step;
        pass(move.pass);
        const now = clock.nowMs();
        expect(now - before).toBeGreaterThanOrEqual(move.pass);
        before = now;
      }
    }),
  );
});
