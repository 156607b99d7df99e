/** The short form of `npm run test:kill`: the same run with 10 kills. */
import { expect, test } from 'vitest';
import { describeReport } from './kill-report.ts';
import { runKills } from './kill-run.ts';

/** Fixed, so that a failure can be looked at again; `npm run test:kill` draws its own. */
const SEED = 20_261_122;
const TEST_MS_MAX = 240_000;

test(
  'ten SIGKILLs of collector and engine lose no acknowledged span and bill none twice',
  async () => {
    const progress: string[] = [];
    const report = await runKills({
      kills: 10,
      seed: SEED,
      progress: (line) => progress.push(line),
    });
    expect(report.failures, `${progress.join('\n')}\n${describeReport(report)}`).toEqual([]);
    expect(report.kills).toHaveLength(10);
    expect(report.summary.spans_acknowledged).toBeGreaterThan(0);
  },
  TEST_MS_MAX,
);
