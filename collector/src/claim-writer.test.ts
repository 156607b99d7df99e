import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { expect, onTestFinished, test } from 'vitest';
import { claimWriter } from './claim-writer.ts';
import { openControlState } from './control/control-state.ts';
import { createMemoryControlStore } from './control/memory-control-store.ts';
import { createLog } from './log.ts';
import { judgeFailure } from './write/judge-failure.ts';

/** What a claim is rejected with where ClickHouse refuses the row with this code. */
async function refusedWith(code: number | null): Promise<unknown> {
  const directory = await mkdtemp(join(tmpdir(), 'aicost-claim-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const refused = new StoreError('refused', { code, retryable: false, answered: code !== null });
  const control = await openControlState({
    store: { ...createMemoryControlStore(), append: () => Promise.reject(refused) },
    copyPath: join(directory, 'control'),
    now: () => new Date(),
    randomInt: () => 0,
    log: createLog('silent', process.stderr),
  });
  return claimWriter(control, { id: 'ab', by: 'cd' }).catch((error: unknown) => error);
}

test.for([
  ['a missing right, which a person gives', 497, 'operator'],
  ['too many queries, which pass', 202, 'retry'],
  ['a connection that broke', null, 'no_answer'],
  ['bytes it cannot read, which are not those of the batch', 6, 'no_answer'],
  ['a code that nobody knows', 99_999, 'no_answer'],
] as const)('a claim is judged by what ClickHouse said: %s', async ([, code, verdict]) => {
  const error = await refusedWith(code);
  expect(judgeFailure(error)).toMatchObject({ verdict });
  expect(error).toHaveProperty('message', 'the claim of a writer was not stored: refused');
});

test('a claim that the disk of the control state refuses is told as that', async () => {
  const full = Object.assign(new Error('no room'), { code: 'ENOSPC' });
  const claim = claimWriter({ append: () => Promise.reject(full) }, { id: 'ab', by: 'cd' });
  await expect(claim).rejects.toBe(full);
});
