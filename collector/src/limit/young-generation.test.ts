/** In a process of its own, for V8 keeps what it was told: V8's space for young objects after a time of rest. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MODULE = fileURLToPath(new URL('./young-generation.ts', import.meta.url));
const PROGRAM = `
import { setTimeout as wait } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { boundYoungGeneration } from ${JSON.stringify(MODULE)};
const MB = 1024 * 1024;
const young = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size / MB;
let kept = [];
// V8 also asks how fast objects are made before it grows: on a busy machine it takes more turns.
const work = async () => {
  for (let turn = 0; turn < 60 || (turn < 3000 && young() < 4); turn++) {
    kept = Array.from({ length: 40_000 }, (_, n) => ({ n }));
    await wait(1);
  }
};
boundYoungGeneration(128 * MB);
await work();
const busy = young();
gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
const rested = young();
await wait(10);
await work();
console.log(JSON.stringify({ busy, rested, again: young(), kept: kept.length }));
process.exit();
`;

it('the space has its share under load, also again after a rest in which V8 shrank it', () => {
  const flags = ['--expose-gc', '--input-type=module', '--eval', PROGRAM];
  const told = JSON.parse(execFileSync(process.execPath, flags, { encoding: 'utf8' }));
  expect(told.busy).toBeGreaterThanOrEqual(4);
  expect(told.busy).toBeLessThanOrEqual(8);
  expect(told.rested).toBeLessThan(4);
  expect(told.again).toBeGreaterThanOrEqual(4);
  expect(told.again).toBeLessThanOrEqual(8);
});
