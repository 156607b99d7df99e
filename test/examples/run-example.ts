/** The examples, run by the commands of their READMEs, and what each costs after `aicost settle`, and for whom. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { eventually, type StartedCollector } from '../start-collector.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'collector/src/main.ts');
export const EXAMPLES = join(ROOT, 'examples');
/** What pip and npm install may take a while. */
const COMMAND_MS_MAX = 300_000;

export interface Bill {
  readonly feature: string;
  readonly calls: number;
  readonly cost: string;
}

/** `gpt-4.1-mini`: call n has 176 + n tokens at $0.4/M, 1024 cached at $0.1/M and 80 + n out at $1.6/M. */
const TWO_CHATS = '0.0006076';

export const BILLS: Readonly<Record<string, Bill>> = {
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
export const PYTHON_EXAMPLE = 'python-openai';
export const NODE_EXAMPLES = Object.keys(BILLS).filter((example) => example !== PYTHON_EXAMPLE);
/** Told by a framework and by the SDK below it, and here by the framework alone, which costs the same. */
export const FRAMEWORK_EXAMPLES = ['langchain-agent', 'openai-agents'] as const;

/** The name of an example's service where the framework alone tells its calls. */
export const serviceAlone = (example: string): string => `${example}-alone`;
export const aloneVariables = (example: string): Record<string, string> => ({
  OTEL_SERVICE_NAME: serviceAlone(example),
  OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'openai',
});

export const readmeOf = (example: string): string =>
  readFileSync(join(EXAMPLES, example, 'README.md'), 'utf8');

/** What its README says to type, a line each; the last is `npm start`. */
export function commandsOf(example: string): string[] {
  return /```sh\n(.*?)```/s.exec(readmeOf(example))![1]!.trim().split('\n');
}

/** Runs the commands in `folder`; what the last one wrote. Rejects with what a failed one said. */
export async function runCommands(
  { url, key }: StartedCollector,
  { folder, commands }: { folder: string; commands: readonly string[] },
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  let written = '';
  for (const command of commands) {
    const { stdout } = await run(command, {
      cwd: folder,
      shell: true,
      timeout: COMMAND_MS_MAX,
      env: {
        ...process.env,
        // In a test the OpenAI Agents SDK traces nothing.
        NODE_ENV: 'production',
        // The Node that runs this.
        PATH: `${join(process.execPath, '..')}:${process.env['PATH']}`,
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${key}`,
        ...variables,
      },
    });
    written = stdout;
  }
  return written;
}

const answerSchema = z.object({
  rows: z.array(
    z.object({
      service: z.string(),
      feature: z.string(),
      user: z.string(),
      calls: z.number(),
      cost_usd: z.string().nullable(),
    }),
  ),
});
export type BillRow = z.infer<typeof answerSchema>['rows'][number];

/** What a service must cost, and for whom. */
export function expectedRow(example: string, service = example): BillRow {
  const { feature, calls, cost } = BILLS[example]!;
  return { service, feature, user: 'user-7', calls, cost_usd: cost };
}

/** Rows of all services, settled until each has the calls that are wanted, or no longer. */
export function settledRows(
  collector: StartedCollector,
  wanted: readonly BillRow[],
): Promise<BillRow[]> {
  return eventually(
    async () => {
      const data = ['--data-dir', collector.dataDir];
      await run(process.execPath, [MAIN, 'settle', '--json', ...data]);
      const path = '/api/v1/costs/breakdown?from=now-1d&to=now&by=service,feature,user';
      return answerSchema.parse((await collector.getJson(path)).body).rows;
    },
    (rows) => wanted.every(({ service }) => isAsWanted(rows, wanted, service)),
  );
}

const keyOf = ({ service, feature, user, calls, cost_usd }: BillRow): string =>
  JSON.stringify([service, feature, user, calls, cost_usd]);

/** Whether a service has the rows that are wanted of it, and no other. */
export function isAsWanted(
  rows: readonly BillRow[],
  wanted: readonly BillRow[],
  service: string,
): boolean {
  const [found, due] = [rows, wanted].map((list) =>
    list.filter((row) => row.service === service).map(keyOf),
  );
  return String(found) === String(due);
}

/** How many spans of calls a service sent from a scope: a framework, or the instrumentation of an SDK. */
export function callSpans(
  collector: StartedCollector,
  service: string,
  scope: string,
): Promise<string> {
  const isOfScope = `service = '${service}' AND scope_name LIKE '%${scope}'`;
  const isCall = `name IN ('ChatOpenAI', 'response') OR name LIKE 'chat %'`;
  return collector.sql(`SELECT count() FROM spans WHERE ${isOfScope} AND (${isCall})`);
}
