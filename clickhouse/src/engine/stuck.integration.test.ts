/** An engine that hangs: a statement that neither ends nor can be killed, and a process that answers nothing. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { createStore, type Store } from '../store.ts';
import { startTestEngine, storeAddress, type TestEngine } from './test-engine.ts';

async function withEngine(
  options: Parameters<typeof startTestEngine>[0],
  work: (engine: TestEngine, store: Store) => Promise<void>,
): Promise<void> {
  const engine = await startTestEngine({ backoffMsMin: 10, ...options });
  const store = createStore({
    kind: 'embedded',
    database: 'default',
    ...storeAddress(engine.address),
  });
  try {
    await work(engine, store);
  } finally {
    await store.close();
    await engine.remove();
  }
}

const WAIT = { timeout: 20_000 };
const one = (store: Store) => store.query('SELECT 1 AS one').catch(() => []);

test('a statement that KILL does not end ends the engine, and the next one answers', () =>
  withEngine({ stuckMsMax: 500 }, async (engine, store) => {
    const { pid } = engine.state();
    // Opening a pipe that nobody writes to blocks a thread of the engine, which no KILL reaches.
    const pipe = `${engine.dataDir}/nobody-writes.pipe`;
    execFileSync('mkfifo', [pipe]);
    const stuck = store.query(`SELECT * FROM file('${pipe}', 'TSV', 'a String')`, undefined, {
      queryId: 'stuck',
    });
    const failed = expect(stuck).rejects.toMatchObject({ answered: false, retryable: true });
    await expect.poll(() => store.isRunning('stuck'), WAIT).toBe(true);
    // Others are answered meanwhile.
    expect(await one(store)).toEqual([{ one: 1 }]);
    await store.kill('stuck');
    await failed;
    await expect.poll(() => engine.state().up && engine.state().pid !== pid, WAIT).toBe(true);
    expect(engine.state().lastError).toContain('the read stuck goes on although it was killed');
    await expect.poll(() => one(store), WAIT).toEqual([{ one: 1 }]);
  }));

test('an engine that is stopped under load is killed, every question is told so, and it comes back', () =>
  withEngine({ pingEveryMs: 50, pingTimeoutMs: 300 }, async (engine, store) => {
    await store.command('CREATE TABLE t (id UInt64) ENGINE = MergeTree ORDER BY id');
    const { pid } = engine.state();
    const slow = 'SELECT sum(sleepEachRow(0.1)) FROM numbers(100) SETTINGS max_block_size = 1';
    const asked = Array.from({ length: 12 }, (_, i) =>
      i < 8
        ? store.query(slow, undefined, { queryId: `slow-${i}` })
        : store.command(`INSERT INTO t SELECT ${i} + sleepEachRow(2)`, { queryId: `slow-${i}` }),
    );
    const outcomes = Promise.allSettled(asked);
    await expect.poll(() => store.isRunning('slow-11'), WAIT).toBe(true);
    process.kill(pid ?? 0, 'SIGSTOP');
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { answered: false } });
    }
    await expect.poll(() => engine.state().up && engine.state().pid !== pid, WAIT).toBe(true);
    await expect.poll(() => one(store), WAIT).toEqual([{ one: 1 }]);
    await store.command('INSERT INTO t VALUES (1)');
  }));
