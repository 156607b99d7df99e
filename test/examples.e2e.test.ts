/**
 * The examples, run by the commands of their READMEs against a real collector: what each costs after `aicost settle`,
 * for whom, and that a call which a framework and the provider's SDK both show is billed once.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, type StartedCollector, startCollector } from './start-collector.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');
const MAIN = join(ROOT, 'collector/src/main.ts');

interface Bill {
  readonly feature: string;
  readonly calls: number;
  readonly cost: string;
}

/** `gpt-4.1-mini`: call n has 176 + n tokens at $0.4/M, 1024 cached at $0.1/M and 80 + n out at $1.6/M. */
const TWO_CHATS = '0.0006076';

const BILLS: Readonly<Record<string, Bill>> = {
  'openai-chat': { feature: 'search', calls: 2, cost: TWO_CHATS },
  // Call n: 12 + n × $1/M, 100 × $1.25/M, 200 × $2/M, 1000 × $0.1/M, and 50 + n out × $5/M.
  'anthropic-cache': { feature: 'support', calls: 2, cost: '0.001792' },
  // Each: 157 × $0.3/M, sound 50 × $1/M; cached 850 × $0.03/M, sound 150 × $0.1/M; 112 out × $2.5/M.
  gemini: { feature: 'travel', calls: 2, cost: '0.0008352' },
  'langchain-agent': { feature: 'assistant', calls: 2, cost: TWO_CHATS },
  'vercel-ai': { feature: 'assistant', calls: 3, cost: '0.0009144' },
  'openai-agents': { feature: 'assistant', calls: 2, cost: TWO_CHATS },
  'python-openai': { feature: 'billing', calls: 2, cost: TWO_CHATS },
};

let collector: StartedCollector;
beforeAll(async () => {
  collector = await startCollector(['--settle', 'off']);
});
afterAll(() => collector.stop());

/** What its README says to type; packages that are there are not installed again. */
function commandsOf(example: string): string[] {
  const folder = join(ROOT, 'examples', example);
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const commands = /```sh\n(.*?)```/s.exec(readme)![1]!.trim().split('\n');
  const isInstalled = [
    'node_modules/.package-lock.json',
    '.venv/bin/opentelemetry-instrument',
  ].some((path) => existsSync(join(folder, path)));
  return isInstalled ? commands.filter((command) => command === 'npm start') : commands;
}

/** What it wrote. */
async function runExample(example: string, more: Record<string, string> = {}): Promise<string> {
  let written = '';
  for (const command of commandsOf(example)) {
    const { stdout } = await run(command, {
      cwd: join(ROOT, 'examples', example),
      shell: true,
      env: {
        ...process.env,
        // In a test the OpenAI Agents SDK traces nothing.
        NODE_ENV: 'production',
        // The Node that runs this test.
        PATH: `${join(process.execPath, '..')}:${process.env['PATH']}`,
        npm_config_ignore_scripts: 'true',
        npm_config_prefer_offline: 'true',
        npm_config_audit: 'false',
        npm_config_fund: 'false',
        // Most of what pip installs is never imported.
        PIP_NO_COMPILE: '1',
        PIP_DISABLE_PIP_VERSION_CHECK: '1',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${collector.key}`,
        ...more,
      },
    });
    written = stdout;
  }
  return written;
}

interface Row {
  readonly feature: string;
  readonly user: string;
  readonly calls: number;
  readonly cost_usd: string | null;
}

async function rowsOf(service: string): Promise<Row[]> {
  await run(process.execPath, [MAIN, 'settle', '--json', '--data-dir', collector.dataDir]);
  const question = `by=feature,user&service=${service}`;
  const { body } = await collector.getJson(
    `/api/v1/costs/breakdown?from=now-1d&to=now&${question}`,
  );
  return (body as { rows: Row[] }).rows;
}

/** How many spans of calls it sent from a scope: a framework, or the instrumentation of an SDK. */
function callSpans(service: string, scope: string): Promise<string> {
  const isOfScope = `service = '${service}' AND scope_name LIKE '%${scope}'`;
  const isCall = `name IN ('ChatOpenAI', 'response') OR name LIKE 'chat %'`;
  return collector.sql(`SELECT count() FROM spans WHERE ${isOfScope} AND (${isCall})`);
}

async function expectBill(example: string, service = example): Promise<void> {
  const { feature, calls, cost } = BILLS[example]!;
  const wanted = { feature, user: 'user-7', calls, cost_usd: cost };
  const rows = await eventually(
    () => rowsOf(service),
    (all) => all.length === 1 && all[0]!.calls === calls && all[0]!.cost_usd === cost,
  );
  expect(rows).toMatchObject([wanted]);
  const readme = readFileSync(join(ROOT, 'examples', example, 'README.md'), 'utf8');
  expect(readme).toContain(`\`${feature}\`, $${cost} `);
}

const NODE_EXAMPLES = Object.keys(BILLS).filter((example) => example !== 'python-openai');

test.for(NODE_EXAMPLES)('%s', async (example) => {
  const written = await runExample(example);
  expect(written).toContain('fine');
  await expectBill(example);
});

test.for([
  ['langchain-agent', 'openinference-instrumentation-langchain'],
  ['openai-agents', 'openinference-instrumentation-openai-agents'],
] as const)('%s: both of its views of each call were there to be billed', async ([name, scope]) => {
  expect(await callSpans(name, scope)).toBe('2');
  expect(await callSpans(name, 'ai-cost-profiler/openai')).toBe('2');
});

test.for(['langchain-agent', 'openai-agents'])(
  '%s, told by the framework alone, costs the same',
  async (example) => {
    const service = `${example}-alone`;
    await runExample(example, {
      OTEL_SERVICE_NAME: service,
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'openai',
    });
    await expectBill(example, service);
  },
);

test('python-openai', async ({ skip }) => {
  const missing = await runExample('python-openai').then(
    () => undefined,
    ({ message, stderr = '' }: { message: string; stderr?: string }) => `${message}\n${stderr}`,
  );
  const isPythonMissing = !existsSync(join(ROOT, 'examples/python-openai/.venv/bin/openai'));
  if (missing !== undefined && isPythonMissing) {
    process.stderr.write(
      `\nNOT TESTED: the Python example, for Python 3 with its packages could not be had.\n${missing}\n`,
    );
    skip('Python 3 with its packages could not be had');
  }
  expect(missing).toBeUndefined();
  await expectBill('python-openai');
}, 300_000);
