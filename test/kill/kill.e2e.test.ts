/**
 * The short form of `npm run test:kill`: 4 kills, without the bursts that fill segments to their caps. The server is in
 * another time zone, as the collector of the phase that is left out is.
 */
import { expect, test } from 'vitest';
import type { Phase } from './kill-plan.ts';
import { describeReport } from './kill-report.ts';
import { runKills } from './kill-run.ts';

/** Fixed, so that a failure can be looked at again; `npm run test:kill` draws its own. */
const SEED = 20_261_122;
const PHASES: readonly Phase[] = ['normal', 'server', 'days'];
const KILLS = 4;
const TEST_MS_MAX = 600_000;

test(
  'SIGKILLs of collector and engine, with settle and reprice at work, lose no span and bill none twice',
  async () => {
    const progress: string[] = [];
    const report = await runKills({
      kills: KILLS,
      phases: PHASES,
      scenesAtOnce: 200,
      seed: SEED,
      progress: (line) => progress.push(line),
    });
    expect(report.failures, `${progress.join('\n')}\n${describeReport(report)}`).toEqual([]);
    expect(report.kills).toHaveLength(KILLS);
    expect(report.summary.spans_acknowledged).toBeGreaterThan(0);
    expect(report.summary.charges_by_settle).toBeGreaterThan(0);
  },
  TEST_MS_MAX,
);
