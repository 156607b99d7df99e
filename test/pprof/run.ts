/**
 * `npm run test:pprof [-- --record]`: `go tool pprof` itself opens what we write, and prints what is recorded beside
 * this file. Needs Go; without it nothing is tried, and that is said. The first run builds the tool, which takes Go
 * half a minute. Ends with 1 when Go prints anything else; `--record` writes what it prints.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { plainLines, recorded, recordedUrl, sampleProfile } from './sample-profile.ts';

const PRINTS = [
  ['pprof-raw', false, ['-raw']],
  ['pprof-raw-compared', true, ['-raw']],
  ['pprof-top-cost', false, ['-top']],
  ['pprof-top-tokens', false, ['-top', '-cum', '-sample_index=tokens']],
] as const;
// Nothing is loaded, and no other Go is called for.
const ENVIRONMENT = { ...process.env, TZ: 'UTC', GOPROXY: 'off', GOTOOLCHAIN: 'local' };

const { values } = parseArgs({ options: { record: { type: 'boolean', default: false } } });
const say = (line: string) => void process.stdout.write(`${line}\n`);

async function print(isCompared: boolean, flags: readonly string[]): Promise<string> {
  const place = mkdtempSync(join(tmpdir(), 'aicost-pprof-'));
  try {
    const path = join(place, 'cost.pb.gz');
    writeFileSync(path, await sampleProfile({ isCompared }));
    const told = execFileSync('go', ['tool', 'pprof', ...flags, path], {
      env: ENVIRONMENT,
      cwd: place,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return told.toString().replaceAll(/ +$/gm, '');
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** Whether Go prints what is recorded. */
async function tryAll(): Promise<boolean> {
  let isGood = true;
  for (const [name, isCompared, flags] of PRINTS) {
    const text = await print(isCompared, flags);
    if (values.record) writeFileSync(recordedUrl(name), text);
    const isSame = isDeepStrictEqual(plainLines(text), plainLines(recorded(name)));
    say(`${isSame ? 'ok  ' : 'FAIL'} go tool pprof ${flags.join(' ')} prints ${name}`);
    if (!isSame) say(`it printed:\n${text}`);
    isGood &&= isSame;
  }
  return isGood;
}

if (spawnSync('go', ['version']).status === 0) process.exitCode = (await tryAll()) ? 0 : 1;
else say('NOT TESTED: there is no Go here');
