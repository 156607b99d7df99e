/**
 * `go tool pprof` itself opens what we write, and prints what is recorded beside this file. Where there is no Go this
 * is skipped, and says so. The first run builds the tool, which takes Go half a minute.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pprofProfile } from './pprof.ts';
import type { PairedStack } from './stacks.ts';
import { NO_WEIGHTS, type Weights } from './weights.ts';

const hasGo = spawnSync('go', ['version']).status === 0;
const note = hasGo ? '' : ' (SKIPPED: there is no Go here)';
const BUILD_MS_MAX = 180_000;
// Nothing is loaded, and no other Go is called for.
const ENVIRONMENT = { ...process.env, TZ: 'UTC', GOPROXY: 'off', GOTOOLCHAIN: 'local' };

const weigh = (cost: bigint, tokens: bigint, duration: bigint, calls: bigint): Weights => ({
  ...NO_WEIGHTS,
  ...{ cost, tokens, duration, calls },
});
const STACKS: readonly PairedStack[] = [
  {
    frames: ['shop', 'planner', 'gpt-4o'],
    left: weigh(7_500_000_000_000_000n, 1500n, 1_000_000_000n, 1n),
    right: weigh(8_000_000_000_000_000n, 1600n, 1_000_000_000n, 1n),
  },
  {
    frames: ['shop', 'search', 'o3'],
    left: weigh(2_000_000_000_500_000_000n, 20n, 5n, 3n),
    right: NO_WEIGHTS,
  },
];
const RANGE = { fromNs: 1_787_184_000_000_000_000n, toNs: 1_787_270_400_000_000_000n };

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'aicost-pprof-'));
});
afterAll(() => rmSync(place, { recursive: true }));

async function print(isCompared: boolean, ...flags: string[]): Promise<string> {
  const path = join(place, 'cost.pb.gz');
  writeFileSync(path, await pprofProfile(STACKS, { weight: 'cost', isCompared, range: RANGE }));
  const line = ['tool', 'pprof', ...flags, path];
  const told = execFileSync('go', line, {
    env: ENVIRONMENT,
    cwd: place,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return told.toString().replaceAll(/ +$/gm, '');
}

/** Lines without what Go pads them with. Older ones tell no column. */
const plain = (text: string): string[] =>
  text
    .split('\n')
    .map((line) =>
      line
        .replace(/ :0(:0)? s=0$/, '')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )
    .filter((line) => line !== '');

const recorded = (name: string): string =>
  readFileSync(new URL(`recorded/${name}.txt`, import.meta.url), 'utf8');

describe.skipIf(!hasGo)(`go tool pprof${note}`, () => {
  test.for([
    ['pprof-raw', false, ['-raw']],
    ['pprof-raw-compared', true, ['-raw']],
    ['pprof-top-cost', false, ['-top']],
    ['pprof-top-tokens', false, ['-top', '-cum', '-sample_index=tokens']],
  ] as const)('prints %s', { timeout: BUILD_MS_MAX }, async ([name, isCompared, flags]) => {
    const text = await print(isCompared, ...flags);
    if (process.env['AICOST_RECORD_PPROF'] === '1') {
      writeFileSync(new URL(`recorded/${name}.txt`, import.meta.url), text);
    }
    expect(plain(text)).toEqual(plain(recorded(name)));
  });
});
