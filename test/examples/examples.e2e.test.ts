/**
 * The short form of `npm run test:examples`: the examples for Node, started as their READMEs say, against a real
 * collector: what each costs, for whom, and that a call which a framework and the provider's SDK both show is billed
 * once. Packages that are in the repository already, in the version an example pins, are not installed for it again.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StartedCollector, startCollector } from '../start-collector.ts';
import { dependenciesOf, withLinkedExample } from './linked-example.ts';
import {
  aloneVariables,
  BILLS,
  type BillRow,
  callSpans,
  commandsOf,
  EXAMPLES,
  expectedRow,
  FRAMEWORK_EXAMPLES,
  NODE_EXAMPLES,
  PYTHON_EXAMPLE,
  readmeOf,
  runCommands,
  serviceAlone,
  settledRows,
} from './run-example.ts';

const INSTALL_MS_MAX = 300_000;
const EMITTERS = join(import.meta.dirname, '../emitters');
/** Folders of `test/emitters/` with the packages of an example, which tests of the instrumentations install. */
const EMITTER_OF: Readonly<Record<string, string>> = {
  'openai-chat': 'openai-7',
  'anthropic-cache': 'anthropic-1',
  gemini: 'google-genai-3',
};
const INSTALL_VARIABLES = {
  npm_config_ignore_scripts: 'true',
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
};

let collector: StartedCollector;
const written = new Map<string, string>();
let rows: BillRow[];

beforeAll(async () => {
  collector = await startCollector(['--settle', 'off']);
  for (const example of NODE_EXAMPLES) written.set(example, await start(example));
  for (const example of FRAMEWORK_EXAMPLES) {
    written.set(serviceAlone(example), await start(example, aloneVariables(example)));
  }
  rows = await settledRows(collector, [
    ...NODE_EXAMPLES.map((example) => expectedRow(example)),
    ...FRAMEWORK_EXAMPLES.map((example) => expectedRow(example, serviceAlone(example))),
  ]);
}, INSTALL_MS_MAX);
afterAll(() => collector.stop());

/** What it wrote. */
function start(example: string, variables: Record<string, string> = {}): Promise<string> {
  const emitter = EMITTER_OF[example];
  const all = commandsOf(example);
  const [startOnly, folder] = [all.slice(-1), join(EXAMPLES, example)];
  if (emitter !== undefined) {
    return withLinkedExample(example, emitter, (linked) =>
      runCommands(collector, { folder: linked, commands: startOnly }, variables),
    );
  }
  const isInstalled = existsSync(join(folder, 'node_modules/.package-lock.json'));
  const commands = isInstalled ? startOnly : all;
  return runCommands(collector, { folder, commands }, { ...INSTALL_VARIABLES, ...variables });
}

test.for(NODE_EXAMPLES)('%s', (example) => {
  expect(commandsOf(example)).toEqual(['npm ci', 'npm start']);
  expect(written.get(example)).toContain('fine');
  expect(rows.filter(({ service }) => service === example)).toEqual([expectedRow(example)]);
});

test.for(Object.entries(EMITTER_OF))('%s pins what test/emitters/%s has', ([example, emitter]) => {
  const pinned = dependenciesOf(join(EXAMPLES, example));
  expect(dependenciesOf(join(EMITTERS, emitter))).toMatchObject(pinned);
  expect(Object.keys(pinned)).not.toHaveLength(0);
});

test.for([
  ['langchain-agent', 'openinference-instrumentation-langchain'],
  ['openai-agents', 'openinference-instrumentation-openai-agents'],
] as const)('%s: both of its views of each call were there to be billed', async ([name, scope]) => {
  expect(await callSpans(collector, name, scope)).toBe('2');
  expect(await callSpans(collector, name, 'ai-cost-profiler/openai')).toBe('2');
});

test.for(FRAMEWORK_EXAMPLES)('%s, told by the framework alone, costs the same', (example) => {
  const alone = serviceAlone(example);
  expect(written.get(alone)).toContain('fine');
  expect(rows.filter(({ service }) => service === alone)).toEqual([expectedRow(example, alone)]);
});

test.for([...NODE_EXAMPLES, PYTHON_EXAMPLE])('the README of %s tells its bill', (example) => {
  const { feature, cost } = BILLS[example]!;
  expect(readmeOf(example)).toContain(`\`${feature}\`, $${cost} `);
});
