import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const SCRIPTS = import.meta.dirname;

const ended = (child: ChildProcess) =>
  new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });

/** Runs a program through `runInstead`, as the launcher does on an old Node. */
function launch(program: string): ChildProcess {
  const wrapper = `require(${JSON.stringify(join(SCRIPTS, 'bundled-node.cjs'))})
    .runInstead(process.execPath, ['-e', ${JSON.stringify(program)}])`;
  return spawn(process.execPath, ['-e', wrapper], { stdio: ['ignore', 'pipe', 'inherit'] });
}
const firstOutput = (child: ChildProcess) =>
  new Promise<string>((resolve) => {
    child.stdout?.once('data', (text: Buffer) => resolve(String(text)));
  });

describe('a program that is run instead', () => {
  test('gives its exit code on', async () => {
    expect(await ended(launch('process.exit(7)'))).toEqual({ code: 7, signal: null });
  });

  test.for(['SIGTERM', 'SIGINT'] as const)('gets %s and ends in its own way', async (signal) => {
    const child = launch(
      `process.once('${signal}', () => process.exit(9)); setInterval(() => {}, 1e6); console.log('up')`,
    );
    await firstOutput(child);
    child.kill(signal);
    expect(await ended(child)).toEqual({ code: 9, signal: null });
  });

  test('that dies of a signal lets the launcher die of it', async () => {
    const child = launch("process.kill(process.pid, 'SIGKILL')");
    expect(await ended(child)).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('learns that the launcher was killed', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'aicost-launch-'));
    const proof = join(directory, 'proof');
    const child = launch(
      `process.once('disconnect', () => { require('fs').writeFileSync(${JSON.stringify(proof)}, 'seen'); process.exit() });
       setInterval(() => {}, 1e6); console.log('up')`,
    );
    await firstOutput(child);
    child.kill('SIGKILL');
    await expect.poll(() => readFile(proof, 'utf8').catch(() => '')).toBe('seen');
    await rm(directory, { recursive: true });
  });
});

describe('what is installed', () => {
  let root: string;
  const lock = (packages: object) => JSON.stringify({ packages });
  const isInstalled = () => {
    const code = 'process.exit(require("./scripts/install.cjs").isInstalled() ? 0 : 1)';
    return spawnSync(process.execPath, ['-e', code], { cwd: root }).status === 0;
  };

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'aicost-install-'));
    await mkdir(join(root, 'scripts'));
    await mkdir(join(root, 'node_modules'));
    await cp(join(SCRIPTS, 'install.cjs'), join(root, 'scripts', 'install.cjs'));
    const wanted = {
      '': {},
      collector: {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/w': { link: true },
      'node_modules/o': { version: '1.0.0', optional: true },
    };
    await writeFile(join(root, 'package-lock.json'), lock(wanted));
  });
  afterEach(() => rm(root, { recursive: true }));

  test.for([
    [
      'everything',
      { 'node_modules/a': { version: '1.0.0' }, 'node_modules/w': { link: true } },
      true,
    ],
    [
      'another version',
      { 'node_modules/a': { version: '1.0.1' }, 'node_modules/w': { link: true } },
      false,
    ],
    ['no link', { 'node_modules/a': { version: '1.0.0' } }, false],
    ['nothing', {}, false],
  ] as const)('is enough with %s: %j', async ([, found, enough]) => {
    await writeFile(join(root, 'node_modules', '.package-lock.json'), lock(found));
    expect(isInstalled()).toBe(enough);
  });

  test('is not enough where npm never ran', () => {
    expect(isInstalled()).toBe(false);
  });
});

test('the launcher is plain JavaScript for old Nodes: no package, no type, no module syntax', async () => {
  for (const name of ['aicost.cjs', 'test.cjs', 'install.cjs', 'bundled-node.cjs']) {
    const text = await readFile(join(SCRIPTS, name), 'utf8');
    for (const [, required] of text.matchAll(/require\('([^']+)'\)/g)) {
      expect(required).toMatch(/^(node:|\.)/);
    }
    expect(text).not.toMatch(/^(import|export) /m);
    expect(text).not.toMatch(
      /\.(at|findLast|toSorted|replaceAll)\(|structuredClone|Object\.hasOwn/,
    );
  }
});

test('the command answers through the launcher', () => {
  const { status, stdout } = spawnSync(process.execPath, [join(SCRIPTS, 'aicost.cjs'), '--help'], {
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  expect(stdout).toContain('Usage: aicost <command>');
});

test('a collector has the environment that it was measured with, on a new Node too', () => {
  const told =
    'data:text/javascript,process.stderr.write([process.env.MALLOC_ARENA_MAX]+String.fromCharCode(59))';
  const env = { ...process.env, NODE_OPTIONS: `--import=${told}` };
  const toldOf = (command: string, more: NodeJS.ProcessEnv = {}) => {
    const line = [join(SCRIPTS, 'aicost.cjs'), command, '--help'];
    const options = { encoding: 'utf8', env: { ...env, ...more } } as const;
    const { status, stderr } = spawnSync(process.execPath, line, options);
    expect(status).toBe(0);
    return stderr;
  };
  expect(toldOf('start')).toBe(';2;');
  expect(toldOf('start', { MALLOC_ARENA_MAX: '4' })).toBe('4;4;');
  expect(toldOf('costs')).toBe(';');
});

test('compiled code is kept beside the installed packages, or where a person wants it', () => {
  const told =
    "data:text/javascript,import {getCompileCacheDir as d} from 'node:module';process.on('exit',()=>process.stderr.write(d()))";
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const folderWith = (more: NodeJS.ProcessEnv) => {
    const line = [join(SCRIPTS, 'aicost.cjs'), 'costs', '--help'];
    const given = { ...env, NODE_OPTIONS: `--import=${encodeURI(told)}`, ...more };
    return dirname(spawnSync(process.execPath, line, { encoding: 'utf8', env: given }).stderr);
  };
  const own = join(SCRIPTS, '..', 'node_modules', '.cache', 'aicost', 'compiled');
  expect(folderWith({})).toBe(own);
  const wanted = join(tmpdir(), 'aicost-compiled');
  expect(folderWith({ NODE_COMPILE_CACHE: wanted })).toBe(wanted);
});
