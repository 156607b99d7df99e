/**
 * The comparison of docs/decisions/0003 in small: it asserts what must hold at any size and on any
 * machine (amounts, not times), and so keeps the bench itself running.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Comparison } from './compare.ts';

const RUN = fileURLToPath(new URL('./run.ts', import.meta.url));
const TIMEOUT_MS = 150_000;

describe('rollups as views and as projections, on a tiny run', () => {
  let comparison: Comparison;

  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [RUN, '--kills', '1'], {
      timeout: TIMEOUT_MS,
    });
    comparison = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Comparison;
  }, TIMEOUT_MS);

  it('store every batch once through a SIGKILL, and rollups equal the ledger after the repair', () => {
    const kills = comparison.kills ?? [];
    expect(kills.map(({ scheme }) => scheme)).toEqual(['views', 'projections']);
    for (const kill of kills) {
      expect(kill).toMatchObject({
        rollupsOffAfterRepair: 0,
        acknowledgedButMissing: 0,
        surplusEntries: 0,
        surplusSpans: 0,
      });
    }
  });

  it('differ in retention: totals stay when entries expire from a ledger with views only', () => {
    const expired = comparison.removals?.expiry.filter(({ removal }) => removal === 'table TTL');
    const kept = expired?.map(({ scheme, totalBefore, totalAfter }) => [
      scheme,
      totalAfter === totalBefore,
    ]);
    expect(kept).toEqual([
      ['views', true],
      ['projections', false],
    ]);
  });

  it('mask values over a limit alike', () => {
    const fingerprints = comparison.removals?.masking.fingerprints;
    expect(fingerprints?.views).toMatch(/^\d+$/);
    expect(fingerprints?.projections).toBe(fingerprints?.views);
  });

  it('answer every question alike, through projections where the plan can read them', () => {
    const merged = comparison.queries?.merged ?? [];
    const read = merged.filter(
      ({ question, way }) => way !== 'views' && question !== 'by feature, 24 h',
    );
    expect(new Set(merged.map(({ question }) => question)).size).toBe(4);
    expect(
      read.every(({ way, readsProjection }) => readsProjection === (way !== 'ledger scan')),
    ).toBe(true);
  });
});
