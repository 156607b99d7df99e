/**
 * The short form of `npm run test:kill`: 3 kills, without the bursts that fill segments to their caps. The server is in
 * another time zone, as the collector of the phase that is left out is. What is stored is never taken back, so one
 * comparison after all phases finds what one after each would: most of the time goes there. It is made through the
 * server, because other tests compare through the embedded engine.
 */
import { expect, test } from 'vitest';
import { listKills } from './kill-plan.ts';
import { describeReport } from './kill-report.ts';
import { runKills } from './kill-run.ts';

/** Fixed, so that a failure can be looked at again; `npm run test:kill` draws its own. */
const SEED = 20_261_122;
/** Each phase, and each kind of moment: under load, settle at work, reprice at work. */
const PLAN = listKills([
  ['normal', 'drain', 'load'],
  ['days', 'both', 'settle'],
  ['server', 'engine', 'reprice'],
]);
/** Each trace that settle looks at, and each day of a segment, costs the engine as much as another kill of the kind. */
const SCENES_AT_ONCE = 40;
/** Four days have a segment of their own: these still make the mixed one, which is split. */
const DAYS_AT_ONCE = 6;
const TEST_MS_MAX = 600_000;

test(
  'SIGKILLs of collector and engine, with settle and reprice at work, lose no span and bill none twice',
  async () => {
    const progress: string[] = [];
    const report = await runKills({
      plan: PLAN,
      isComparedOnce: true,
      // `demo`, `settle` and `verify` have tests of their own.
      lastCommands: [],
      scenesAtOnce: SCENES_AT_ONCE,
      daysAtOnce: DAYS_AT_ONCE,
      seed: SEED,
      progress: (line) => progress.push(line),
    });
    expect(report.failures, `${progress.join('\n')}\n${describeReport(report)}`).toEqual([]);
    expect(report.kills).toHaveLength(PLAN.length);
    expect(report.work.settle.begun).toBeGreaterThan(0);
    expect(report.work.reprice.begun).toBeGreaterThan(0);
    expect(report.summary.spans_acknowledged).toBeGreaterThan(0);
    expect(report.summary.charges_by_settle).toBeGreaterThan(0);
  },
  TEST_MS_MAX,
);
