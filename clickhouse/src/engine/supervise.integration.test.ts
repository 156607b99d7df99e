/** The life of the engine process: crash, hang, second owner, end of its parent, clean end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { createStore, type Store } from '../store.ts';
import { ENGINE_EXIT } from './exit-codes.ts';
import { EngineStartError, startEngine } from './supervise.ts';
import { startTestEngine, storeAddress, type TestEngine } from './test-engine.ts';

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };
const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) {
    await clean();
  }
});

async function start(options: Parameters<typeof startTestEngine>[0] = {}): Promise<TestEngine> {
  const engine = await startTestEngine(options);
  cleanups.push(engine.remove);
  return engine;
}

function open(engine: TestEngine): Store {
  const store = createStore({
    kind: 'embedded',
    database: 'aicost',
    ...storeAddress(engine.address),
  });
  cleanups.push(() => store.close());
  return store;
}

async function withTable(engine: TestEngine): Promise<Store> {
  const store = open(engine);
  await store.createDatabase();
  await store.command(
    'CREATE TABLE t (id UInt64) ENGINE = MergeTree ORDER BY id SETTINGS fsync_after_insert = 1',
  );
  await store.insertRows('t', [{ id: 1 }, { id: 2 }]);
  return store;
}

async function countRows(store: Store): Promise<unknown> {
  const rows = await store.query<{ n: string }>('SELECT count() AS n FROM t').catch(() => []);
  return rows[0]?.n;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('after a SIGKILL the engine is started again at the same address, and the data is there', async () => {
  const engine = await start({ backoffMsMin: 10 });
  const store = await withTable(engine);
  const { pid } = engine.state();
  process.kill(pid ?? 0, 'SIGKILL');
  await expect.poll(() => engine.state().restarts, { timeout: 10_000 }).toBe(1);
  await expect.poll(() => countRows(store), { timeout: 10_000 }).toBe('2');
  expect(engine.state()).toMatchObject({ up: true, lastError: expect.stringContaining('SIGKILL') });
  expect(engine.state().pid).not.toBe(pid);
});

test('on TCP with any port the port stays the same over a restart', async () => {
  const engine = await start({
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    backoffMsMin: 10,
  });
  const store = await withTable(engine);
  const { address } = engine;
  process.kill(engine.state().pid ?? 0, 'SIGKILL');
  await expect.poll(() => engine.state().restarts, { timeout: 10_000 }).toBe(1);
  await expect.poll(() => countRows(store), { timeout: 10_000 }).toBe('2');
  expect(engine.address).toEqual(address);
});

test('a call that the crash cut off says that nobody answered', async () => {
  const engine = await start();
  const store = await withTable(engine);
  const long = store.query(
    'SELECT sum(sleepEachRow(0.1)) FROM numbers(100) SETTINGS max_block_size = 1',
    {},
    { queryId: 'long' },
  );
  const failed = expect(long).rejects.toMatchObject({
    answered: false,
    retryable: true,
    code: null,
  });
  await expect.poll(() => store.isRunning('long')).toBe(true);
  process.kill(engine.state().pid ?? 0, 'SIGKILL');
  await failed;
});

test('an engine that answers nothing is killed and started again', async () => {
  const engine = await start({ pingEveryMs: 50, pingTimeoutMs: 300, backoffMsMin: 10 });
  const store = await withTable(engine);
  process.kill(engine.state().pid ?? 0, 'SIGSTOP');
  await expect.poll(() => engine.state().restarts, { timeout: 15_000 }).toBe(1);
  await expect.poll(() => countRows(store), { timeout: 10_000 }).toBe('2');
});

test('a second engine on the same directory is refused by the pid of the first', async () => {
  const engine = await start();
  const second = startEngine({ dataDir: engine.dataDir, log: SILENT, lockWaitMs: 100 });
  await expect(second).rejects.toMatchObject({
    name: 'EngineStartError',
    exitCode: ENGINE_EXIT.locked,
    message: expect.stringContaining(`process ${engine.state().pid}`),
  });
  expect(await countRows(await withTable(engine))).toBe('2');
});

test('a lock that a dead process left is taken over', async () => {
  const first = await start();
  await withTable(first);
  process.kill(first.state().pid ?? 0, 'SIGKILL');
  await first.stop();
  const second = await start({ dataDir: first.dataDir });
  expect(await countRows(open(second))).toBe('2');
});

test('a clean stop keeps the data and releases directory and socket', async () => {
  const first = await start();
  await withTable(first);
  await first.stop();
  expect(first.state()).toMatchObject({ up: false, lastError: null });
  const second = await start({ dataDir: first.dataDir });
  expect(await countRows(open(second))).toBe('2');
});

test('stop lets an insert that runs come to its end', async () => {
  const first = await start();
  const store = await withTable(first);
  const insert = store.command(
    'INSERT INTO t SELECT number + sleepEachRow(0.1) FROM numbers(10) SETTINGS max_block_size = 1',
    { queryId: 'slow' },
  );
  await expect.poll(() => store.isRunning('slow')).toBe(true);
  await Promise.all([insert, first.stop()]);
  const second = await start({ dataDir: first.dataDir });
  expect(await countRows(open(second))).toBe('12');
});

test('a directory whose name is too long for a socket gets one elsewhere and says where', async () => {
  const base = await mkdtemp(`${tmpdir()}/aicost-long-`);
  cleanups.push(() => rm(base, { recursive: true, force: true }));
  const engine = await start({ dataDir: `${base}/${'long-name-'.repeat(12)}` });
  const { socketPath } = JSON.parse(await readFile(`${engine.dataDir}/engine.address`, 'utf8'));
  expect(socketPath.length).toBeLessThan(104);
  expect(engine.address).toEqual({ socketPath });
  await expect(open(engine).ping()).resolves.toBeUndefined();
});

test.for([['SIGKILL of its parent'], ['a parent that ends by itself']])(
  'the engine ends after %s',
  async ([how]) => {
    const dataDir = await mkdtemp(`${tmpdir()}/aicost-orphan-`);
    cleanups.push(() => rm(dataDir, { recursive: true, force: true }));
    const code = `
    import { startEngine } from ${JSON.stringify(new URL('./supervise.ts', import.meta.url).href)};
    const quiet = { info() {}, warn() {}, error() {} };
    const engine = await startEngine({ dataDir: ${JSON.stringify(dataDir)}, log: quiet });
    process.stdout.write(engine.state().pid + '\\n');
    ${how === 'SIGKILL of its parent' ? '' : 'setTimeout(() => process.exit(3), 100);'}`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface(parent.stdout), 'line');
    if (how === 'SIGKILL of its parent') {
      parent.kill('SIGKILL');
    }
    await expect.poll(() => isAlive(Number(line)), { timeout: 10_000 }).toBe(false);
  },
);

test.for([
  ['no options', [], ENGINE_EXIT.badOptions, 'expected one argument'],
  [
    'a relative directory',
    ['{"dataDir":"x"}'],
    ENGINE_EXIT.badOptions,
    'dataDir: expected an absolute path, got "x"',
  ],
  [
    'a limit that is no number',
    ['{"dataDir":"/nowhere","readers":"4"}'],
    ENGINE_EXIT.badOptions,
    'readers: expected a whole number, got "4"',
  ],
] as const)(
  'started with %s the process says so and ends with its code',
  async ([, args, code, text]) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    const output = await child.stdout.setEncoding('utf8').toArray();
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(code);
    expect(JSON.parse(output.join(''))).toMatchObject({
      type: 'failed',
      message: expect.stringContaining(text),
    });
  },
);

test('a first start that fails is an error, and nothing is started behind its back', async () => {
  const changes: boolean[] = [];
  const starting = startEngine({
    dataDir: '/dev/null/no-such-place',
    log: SILENT,
    onChange: (state) => changes.push(state.up),
  });
  await expect(starting).rejects.toMatchObject({
    exitCode: ENGINE_EXIT.openFailed,
    message: expect.stringContaining('/dev/null/no-such-place'),
  });
  await expect(starting).rejects.toBeInstanceOf(EngineStartError);
  expect(changes).toEqual([false]);
});

const ON_LINUX = process.platform === 'linux';
test.runIf(ON_LINUX)(
  'an engine is told where compiled code is kept, and no other variable of whoever starts it (Linux shows them)',
  async () => {
    enableCompileCache();
    const { pid } = (await start()).state();
    const variables = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').filter(Boolean);
    expect(variables).toContain(`NODE_COMPILE_CACHE=${dirname(getCompileCacheDir()!)}`);
    const own = ['NODE_COMPILE_CACHE', 'PATH', 'TZ', 'UV_THREADPOOL_SIZE'];
    const channel = ['NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE'];
    const names = variables.map((variable) => variable.split('=')[0]);
    expect(names.toSorted()).toEqual([...own, ...channel].toSorted());
  },
);
