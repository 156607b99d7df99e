/**
 * `npm run test:sql-clients`: ClickHouse's clients in Python, Go and Java against `--sql` of a collector, each with its
 * own package manager. What is not installed here is skipped, and said; nothing that ran and failed is.
 */
import { execFileSync, spawnSync } from 'node:child_process';
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

/** What a program says of its version; undefined where there is no such program. */
function versionOf([program, argument]: readonly [string, string]): string | undefined {
  const { error, status, stdout, stderr } = spawnSync(program, [argument], { encoding: 'utf8' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Maven colours what it says.
  const said = `${stdout ?? ''}${stderr ?? ''}`.replaceAll(/\u001b\[[\d;]*m/g, '');
  return error === undefined && status === 0 ? said.trim().split('\n')[0]?.trim() : undefined;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

type Outcome = 'passed' | 'failed' | 'skipped';

/** Says what became of it, and why it was not tried or failed. */
function tryClient(folder: string, client: SqlClient, environment: NodeJS.ProcessEnv): Outcome {
  const missing = client.needs.filter((one) => versionOf(one) === undefined);
  if (missing.length > 0) {
    const programs = missing.map(([program]) => program).join(', no ');
    say(`SKIPPED ${client.name} was NOT TRIED: there is no ${programs} on this machine`);
    return 'skipped';
  }
  say(`${client.name}, with ${client.needs.map(versionOf).join('; ')}`);
  try {
    run(folder, client, environment);
    say(`passed ${client.name}`);
    return 'passed';
  } catch (error) {
    say(`FAILED ${client.name}: ${error instanceof Error ? error.message : error}`);
    return 'failed';
  }
}

const collector = await startCollector();
const outcomes = new Map<Outcome, string[]>();
const namesOf = (outcome: Outcome): readonly string[] => outcomes.get(outcome) ?? [];
try {
  const environment = { AICOST_SQL_URL: collector.sqlUrl, AICOST_KEY: collector.key };
  say(`ClickHouse ${await collector.sql('SELECT version()')} behind --sql`);
  for (const [folder, client] of Object.entries(CLIENTS)) {
    const outcome = tryClient(folder, client, environment);
    outcomes.set(outcome, [...namesOf(outcome), client.name]);
  }
} finally {
  await collector.stop();
}
const count = (outcome: Outcome) => namesOf(outcome).length;
if (count('skipped') > 0) say(`NOT TRIED: ${namesOf('skipped').join(', ')}`);
say(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
process.exitCode = count('failed') === 0 && count('passed') > 0 ? 0 : 1;
