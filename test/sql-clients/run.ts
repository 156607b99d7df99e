/**
 * `npm run test:sql-clients`: ClickHouse's clients in Python, Go and Java against `--sql` of a collector, each with its
 * own package manager. What is not installed here is skipped, and said; nothing that ran and failed is.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCollector } from '../start-collector.ts';

interface SqlClient {
  readonly name: string;
  /** Programs it needs, with an argument by which they end at once. */
  readonly needs: readonly (readonly [program: string, argument: string])[];
  /** Command lines, in a copy of the client's folder. */
  readonly steps: readonly (readonly string[])[];
}

const CLIENTS: Readonly<Record<string, SqlClient>> = {
  python: {
    name: 'clickhouse-connect (Python)',
    needs: [['python3', '--version']],
    steps: [
      ['python3', '-m', 'venv', 'venv'],
      ['venv/bin/pip', '-q', 'install', '-r', 'requirements.txt'],
      ['venv/bin/python', 'client.py'],
    ],
  },
  go: {
    name: 'clickhouse-go (Go)',
    needs: [['go', 'version']],
    steps: [['go', 'run', '.']],
  },
  java: {
    name: 'clickhouse-jdbc (Java)',
    needs: [
      ['java', '-version'],
      ['mvn', '-version'],
    ],
    steps: [
      ['mvn', '-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=jars'],
      ['java', '-cp', 'jars/*', 'client.java'],
    ],
  },
};
const STEP_MS_MAX = 300_000;

function isHere([program, argument]: readonly [string, string]): boolean {
  try {
    execFileSync(program, [argument], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs a client in a copy of its folder, so that nothing it installs stays. @throws what a step said */
function run(folder: string, { steps }: SqlClient, environment: NodeJS.ProcessEnv): void {
  const directory = mkdtempSync(join(tmpdir(), `aicost-sql-${folder}-`));
  try {
    cpSync(fileURLToPath(new URL(`./${folder}/`, import.meta.url)), directory, { recursive: true });
    for (const [program = '', ...rest] of steps) {
      execFileSync(program.includes('/') ? join(directory, program) : program, rest, {
        cwd: directory,
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'inherit', 'inherit'],
        timeout: STEP_MS_MAX,
      });
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const collector = await startCollector();
const count = { passed: 0, failed: 0, skipped: 0 };
const say = (line: string) => process.stdout.write(`${line}\n`);
for (const [folder, client] of Object.entries(CLIENTS)) {
  const missing = client.needs.filter((one) => !isHere(one)).map(([program]) => program);
  if (missing.length > 0) {
    count.skipped += 1;
    say(`SKIPPED ${client.name}: there is no ${missing.join(', no ')} on this machine`);
    continue;
  }
  try {
    run(folder, client, { AICOST_SQL_URL: collector.sqlUrl, AICOST_KEY: collector.key });
    count.passed += 1;
    say(`passed ${client.name}`);
  } catch (error) {
    count.failed += 1;
    say(`FAILED ${client.name}: ${error instanceof Error ? error.message : error}`);
  }
}
await collector.stop();
say(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed === 0 ? 0 : 1;
