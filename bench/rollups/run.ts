/**
 * `node bench/rollups/run.ts [--entries N] [--kills N] [--rows N] [--kill-rows N]
 * [--rounds N] [--parts inserts,queries,kills,removals]`: measures rollups as views against rollups
 * as projections and prints tables, then the same as JSON. Tiny by default; the parameters that the
 * decision rests on stand in its results. No network.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareRollups, PARTS, type Part, type Plan } from './compare.ts';
import { formatReport } from './report.ts';

/** Small enough to run in the tests. */
const TINY = { entries: 4000, kills: 2, rows: 2000, 'kill-rows': 2000, rounds: 1 } as const;

function readParts(text: string): Part[] {
  return text.split(',').map((name) => {
    const part = PARTS.find((known) => known === name);
    if (part === undefined) {
      throw new RangeError(`--parts names "${name}"; known are ${PARTS.join(', ')}.`);
    }
    return part;
  });
}

function readCount(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`--${name} is "${text}"; a whole number above 0 was expected.`);
  }
  return count;
}

function readPlan(args: string[]): Plan {
  const text = { type: 'string' } as const;
  const counts = { entries: text, kills: text, rows: text, 'kill-rows': text, rounds: text };
  const { values } = parseArgs({ args, options: { ...counts, parts: text } });
  const count = (name: keyof typeof TINY) => readCount(name, values[name] ?? String(TINY[name]));
  return {
    parts: values.parts === undefined ? PARTS : readParts(values.parts),
    entries: count('entries'),
    kills: count('kills'),
    rows: count('rows'),
    killRows: count('kill-rows'),
    rounds: count('rounds'),
  };
}

const plan = readPlan(process.argv.slice(2));
const workDir = mkdtempSync(join(tmpdir(), 'rollups-'));
try {
  const progress = (text: string) => process.stderr.write(`${text}\n`);
  const comparison = await compareRollups(plan, workDir, progress);
  process.stdout.write(`${formatReport(comparison)}\n${JSON.stringify(comparison)}\n`);
} finally {
  rmSync(workDir, { recursive: true, force: true });
}
