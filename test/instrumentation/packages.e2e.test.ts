/** The packages as they are published: what checkers say of them, and that an empty project can use them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readJson } from '../tidy/repository-files.ts';
import { installPackages, type PackedPackage, packPackages } from './install-packages.ts';

const ROOT = join(import.meta.dirname, '../..');
const ATTW = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

const USES = `
const { withAttribution, recordCall, flush } = node;
withAttribution({ feature: 'packed' }, () =>
  recordCall({ provider: 'openai', model: 'gpt-4.1', usage: { inputTokens: 10, outputTokens: 1 } }),
);
flush();
`;
const PROGRAMS = {
  'app.mjs': `import * as node from '@ai-cost-profiler/node';\n${USES}`,
  'app.cjs': `const node = require('@ai-cost-profiler/node');\n${USES}`,
  // Every name that applications import, and the classes for a set-up of one's own.
  'app.ts': `
import { AnthropicInstrumentation } from '@ai-cost-profiler/anthropic';
import { BedrockInstrumentation } from '@ai-cost-profiler/bedrock';
import { GoogleGenAIInstrumentation } from '@ai-cost-profiler/google-genai';
import { McpInstrumentation } from '@ai-cost-profiler/mcp';
import {
  AttributionSpanProcessor, type Attribution, flush, instrumentations, recordCall, recordToolCost, tracedAgent,
  tracedTool, tracedWorkflow, withAttribution, withFlush,
} from '@ai-cost-profiler/node';
import { OpenAIInstrumentation } from '@ai-cost-profiler/openai';

const attribution: Attribution = { feature: 'search', tags: { plan: 'pro' } };
const length: number = withAttribution(attribution, () => 'text').length;
const add: (a: number, b: number) => number = tracedTool('add', (a: number, b: number) => a + b);
const answer: Promise<string> = withFlush(async (name: string) => name + length)('a');
const all = [
  ...instrumentations({ content: 'off' }), new OpenAIInstrumentation(), new AnthropicInstrumentation(),
  new GoogleGenAIInstrumentation(), new BedrockInstrumentation(), new McpInstrumentation(),
];
recordCall({ provider: 'mistral_ai', model: 'm', usage: { inputTokens: 1 } });
recordToolCost({ tool: 'search', costUsd: '0.01' });
export const used = [AttributionSpanProcessor, add, all, answer, flush, tracedAgent, tracedWorkflow];
`,
};

let folder: string;
let packed: PackedPackage[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aicost-packed-'));
  packed = packPackages(folder);
  const { devDependencies } = readJson('package.json') as {
    devDependencies: Record<string, string>;
  };
  const types = `@types/node@${devDependencies['@types/node']}`;
  installPackages(folder, packed, ['@opentelemetry/api@1.10.0', types]);
  for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(folder, name), text);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('publint finds nothing wrong', async () => {
  const found = await Promise.all(
    packed.map(async ({ name, dist }) => {
      const { messages, pkg } = await publint({ pkgDir: dist, strict: true });
      return messages.map((message) => `${name}: ${formatMessage(message, pkg, { color: false })}`);
    }),
  );
  expect(found.flat()).toEqual([]);
});

test('they hold no tests, nor what only tests stand on', () => {
  const files = packed.flatMap(({ dist }) => readdirSync(dist, { recursive: true }).map(String));
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((path) => /\.test\.|(^|\/)test-(?!span)/.test(path))).toEqual([]);
});

test('their types are right, by are-the-types-wrong', () => {
  for (const { tarball } of packed) run(ATTW, [tarball, '--profile', 'esm-only']);
});

test('their types are right, by the compiler', () => {
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022'];
  run(TSC, [...options, '--types', 'node', 'app.ts']);
});

describe('a program that makes a span', () => {
  test.for(['app.mjs', 'app.cjs'])('%s', (program) => {
    const written = run('--import', ['@ai-cost-profiler/node/register', program]);
    expect(written).toContain("name: 'chat gpt-4.1'");
    expect(written).toContain("'aicost.feature': 'packed'");
  });
});

test('the command of the package is there', () => {
  const doctor = join(folder, 'node_modules/.bin/ai-cost-profiler-node');
  expect(run(doctor, ['--help'])).toContain('npx @ai-cost-profiler/node doctor');
});

/** With Node; throws with what it wrote where it fails. */
function run(first: string, rest: readonly string[]): string {
  const env = { ...process.env, OTEL_TRACES_EXPORTER: 'console' };
  try {
    return execFileSync(process.execPath, [first, ...rest], {
      cwd: folder,
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${first} ${rest.join(' ')}:\n${stdout}${stderr}`);
  }
}
