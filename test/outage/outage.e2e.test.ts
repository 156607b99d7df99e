/** The short form of `npm run test:outage`: the embedded engine is away for a few seconds. */
import { expect, test } from 'vitest';
import { runOutage } from './outage-run.ts';

test('an engine that is away costs no span and no digit, and questions are answered when it is back', async () => {
  const lines: string[] = [];
  const report = await runOutage({
    mode: 'embedded',
    minutes: 0.04,
    rate: 500,
    fullRateSeconds: 1,
    lookEveryMs: 1_000,
    progress: (line) => void lines.push(line),
  });
  expect(report.failures, lines.join('\n')).toEqual([]);
  expect(report.spans).toBeGreaterThan(1_500);
  expect(report.looks.some(({ questionMs }) => questionMs === null)).toBe(true);
  expect(report.looks.at(-1)?.questionMs).not.toBeNull();
});
