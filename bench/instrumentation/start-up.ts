/**
 * What the register entry adds to the start of a Node program, over a bare NodeSDK of the same version: the packages as
 * published, processes in pairs, one of each in turn. Prints JSON: medians in milliseconds, and the median of the
 * differences within pairs, which a busy machine disturbs least.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages, packPackages } from '../../test/instrumentation/install-packages.ts';

const PAIRS = Number(process.argv[2] ?? 20);

/** As OpenTelemetry's documentation has it. */
const BARE = `
import { NodeSDK } from '@opentelemetry/sdk-node';
new NodeSDK({ metricReaders: [], logRecordProcessors: [] }).start();
`;

const PRELOADS = {
  nothing: [],
  bareSdk: ['--import', './bare-sdk.mjs'],
  register: ['--import', '@ai-cost-profiler/node/register'],
} as const;
type Preload = keyof typeof PRELOADS;

const folder = mkdtempSync(join(tmpdir(), 'aicost-start-up-'));
try {
  installPackages(folder, packPackages(folder), ['@opentelemetry/api@1.10.0']);
  writeFileSync(join(folder, 'bare-sdk.mjs'), BARE);
  writeFileSync(join(folder, 'app.mjs'), '');
  for (const preload of Object.keys(PRELOADS) as Preload[]) startMs(preload);
  const rounds = Array.from({ length: PAIRS }, () => ({
    nothing: startMs('nothing'),
    bareSdk: startMs('bareSdk'),
    register: startMs('register'),
  }));
  const figures = {
    pairs: PAIRS,
    nothingMs: median(rounds.map(({ nothing }) => nothing)),
    bareSdkMs: median(rounds.map(({ bareSdk }) => bareSdk)),
    registerMs: median(rounds.map(({ register }) => register)),
    addedMs: median(rounds.map(({ bareSdk, register }) => register - bareSdk)),
  };
  process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** From the start of the process to its end, with a program that does nothing. */
function startMs(preload: Preload): number {
  const startedMs = performance.now();
  const line = [...PRELOADS[preload], join(folder, 'app.mjs')];
  const { status, stderr } = spawnSync(process.execPath, line, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${preload} ended with ${status}: ${stderr}`);
  return performance.now() - startedMs;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return Math.round(sorted[Math.floor(sorted.length / 2)]! * 10) / 10;
}
