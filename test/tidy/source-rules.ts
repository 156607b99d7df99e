/** What may not stand in a source, as data: how it is found, where it is allowed and why, and what to do instead. */
import { PUBLIC_NAMES } from './published-packages.ts';
import { isForTests } from './repository-files.ts';
import { lineFinder, type Node, type SourceFile } from './source-tree.ts';

export interface SourceRule {
  readonly title: string;
  /** Lines that break the rule. */
  readonly find: (source: SourceFile) => readonly number[];
  /** Files, or folders that end in '/', with the reason. */
  readonly allowed: Readonly<Record<string, string>>;
  /** Also allowed in tests and what they stand on. */
  readonly isAllowedInTests?: true;
  /** Also allowed in what applications import of the published packages. */
  readonly isAllowedInEntries?: true;
  readonly instead: string;
  /** A text that breaks it, in as many lines as it has findings. */
  readonly example: string;
}

const linesOf =
  (matches: (node: Node, text: string) => boolean) =>
  ({ text, nodes }: Pick<SourceFile, 'text' | 'nodes'>): number[] => {
    const lineOf = lineFinder(text);
    return nodes.filter((node) => matches(node, text)).map(({ start }) => lineOf(start));
  };

const linesWith =
  (pattern: RegExp) =>
  ({ text }: SourceFile): number[] =>
    text.split('\n').flatMap((line, index) => (pattern.test(line) ? [index + 1] : []));

const textOf = ({ start, end }: Node, text: string): string => text.slice(start, end);

const isMember =
  (...names: readonly string[]) =>
  (node: Node, text: string): boolean =>
    node.type === 'MemberExpression' && names.includes(textOf(node, text));

const importing =
  (name: string) =>
  ({ imports, nodes, text }: SourceFile): number[] => {
    const loaded = linesOf((node) => node.type === 'Literal' && node['value'] === name);
    const imported = imports.filter(({ specifier }) => specifier === name);
    return [...new Set([...imported.map(({ line }) => line), ...loaded({ nodes, text })])];
  };

const hasEmptyBody = (node: Node): boolean => {
  const body = node['body'] as Node & { readonly body?: readonly unknown[] };
  return body.type === 'BlockStatement' && body.body?.length === 0;
};

/** `a.catch(() => undefined);` on its own, without a comment on the line above. */
function findDroppedRejections({ text, nodes }: SourceFile): number[] {
  const lines = text.split('\n');
  const isDropping = (node: Node): boolean => {
    const call = node['expression'] as (Node & { readonly callee?: Node }) | undefined;
    const property = call?.callee?.['property'] as Node | undefined;
    if (node.type !== 'ExpressionStatement' || property?.['name'] !== 'catch') return false;
    const [argument] = (call?.['arguments'] ?? []) as Node[];
    if (argument?.type !== 'ArrowFunctionExpression') return false;
    return (argument['body'] as Node)['name'] === 'undefined' || hasEmptyBody(argument);
  };
  return linesOf(isDropping)({ text, nodes }).filter(
    (line) => !/^\s*(\/\/|\*)/.test(lines[line - 2] ?? ''),
  );
}

export const SOURCE_RULES: readonly SourceRule[] = [
  {
    title: 'the type checker is not switched off',
    find: linesWith(/@ts-(ignore|nocheck|expect-error)/),
    allowed: {},
    instead: 'give the value its type, or read it with Zod',
    example: '// @ts-ignore',
  },
  {
    title: 'the linter is silenced only with a reason',
    find: linesWith(/biome-ignore(?!.*: \S.{14})/),
    allowed: {},
    instead: 'write `biome-ignore lint/group/rule: why it is right here.`',
    example: '// biome-ignore lint/style/noProcessEnv: reason',
  },
  {
    title: 'nothing is typed any',
    find: linesOf(({ type }) => type === 'TSAnyKeyword'),
    allowed: {},
    instead: 'use unknown and look what it is',
    example: 'const a = b as any;',
  },
  {
    title: 'every test runs',
    find: linesWith(/\b(it|test|describe|suite)(\.\w+)*\.(only|skip|todo|skipIf|runIf)\b/),
    allowed: {
      'clickhouse/src/engine/supervise.integration.test.ts':
        'needs /proc of Linux; its title says so',
      'collector/src/journal/real-disk.test.ts': 'needs the right to mount; its title says so',
      'test/compose/compose.test.ts': 'needs docker; its title says so',
      'test/compose/systemd.test.ts': 'needs systemd; its title says so',
      'test/disk-full.e2e.test.ts': 'needs the right to mount; its title says so',
      'test/sql-users.e2e.test.ts': 'needs a ClickHouse server; it says so',
    },
    instead: 'mend or remove it; where a platform lacks a part, add the file here with the reason',
    example: "test.skip('later', () => {});",
  },
  {
    title: 'a file passes on nothing of others',
    find: ({ imports }) => imports.filter((one) => one.isReexport).map(({ line }) => line),
    allowed: { 'collector/src/log.ts': "pino's type under our own name" },
    isAllowedInEntries: true,
    instead: 'import it from the file that declares it',
    example: "export { a } from './a.ts';",
  },
  {
    title: 'no error is swallowed',
    find: linesOf((node) => node.type === 'CatchClause' && hasEmptyBody(node)),
    allowed: {},
    instead: 'say in code what happens then: return, count it, or throw',
    example: 'try { a(); } catch {}',
  },
  {
    title: 'a rejection that is dropped is explained on the line above',
    find: findDroppedRejections,
    allowed: {},
    isAllowedInTests: true,
    instead: 'await it, or say why nobody needs it',
    example: 'a().catch(() => undefined);',
  },
  {
    title: 'the environment is read in one place',
    find: linesOf(isMember('process.env')),
    allowed: {
      'collector/src/config.ts': 'the one place',
      'scripts/': 'they hand it on to the Node they start',
      'instrumentation/node/src/environment.ts': 'the one place of what applications install',
      'bench/instrumentation/instrumentations.ts': 'OpenLIT is told there to export nothing',
    },
    isAllowedInTests: true,
    instead: 'declare an option in collector/src/options.ts and take it as an argument',
    example: "const a = process.env['A'];",
  },
  {
    title: 'only a program ends itself',
    find: linesOf(isMember('process.exit', 'process.exitCode')),
    allowed: {
      'collector/src/main.ts': 'the command',
      'clickhouse/src/engine/main.ts': 'the engine process',
      'test/kill/run.ts': 'npm run test:kill',
      'test/outage/run.ts': 'npm run test:outage',
      'test/otlp/run.ts': 'npm run test:otlp',
      'test/pprof/run.ts': 'npm run test:pprof',
      'test/send/run.ts': 'npm run test:send',
      'test/sql-clients/run.ts': 'npm run test:sql-clients',
      'test/simulation/run.ts': 'npm run test:simulation',
      'test/examples/run.ts': 'npm run test:examples',
      'test/fuzz/run.ts': 'npm run test:fuzz',
      'scripts/generate-docs.ts': 'npm run docs',
      'grafana/src/org/main.ts': 'npm run grafana:org',
      'instrumentation/node/src/command.ts': 'the command npx runs',
      'instrumentation/node/src/exit-sender.ts': 'a process that sends what another left',
      'test/instrumentation/': 'programs that end as applications do',
      'test/emitters/with-fake-provider.ts': 'npm start of the examples',
    },
    instead: 'throw, or return a code to main.ts',
    example: 'process.exit(1);',
  },
  {
    title: 'the ClickHouse driver has one user',
    find: importing('@clickhouse/client'),
    allowed: {
      'clickhouse/src/store.ts': 'the store',
      'clickhouse/src/driver.ts': 'opens it',
      'clickhouse/src/store-error.ts': 'its errors',
      'test/sql-clients/': 'clients of --sql',
    },
    instead: 'ask clickhouse/src/store.ts',
    example: "import { createClient } from '@clickhouse/client';",
  },
  {
    title: 'the embedded engine has one user',
    find: importing('chdb'),
    allowed: {
      'clickhouse/src/engine/': 'the engine process',
      'bench/rollups/engine.ts': 'compares schemes without our own engine between',
      'clickhouse/src/native/block.integration.test.ts':
        'proves the bytes of a block to the engine itself',
    },
    instead: 'start clickhouse/src/engine and use the store',
    example: "const { Session } = require('chdb');",
  },
];

/** Findings of one rule in one source, with what to do. */
export function judgeSource(rule: SourceRule, source: SourceFile): string[] {
  const { path } = source;
  // This file shows what each rule forbids.
  if (path === 'test/tidy/source-rules.ts') return [];
  if (rule.isAllowedInTests && isForTests(path)) return [];
  if (rule.isAllowedInEntries && path in PUBLIC_NAMES) return [];
  if (Object.keys(rule.allowed).some((place) => isWithin(path, place))) return [];
  return rule.find(source).map((line) => `${path}:${line}: ${rule.instead}.`);
}

export const isWithin = (path: string, place: string): boolean =>
  place.endsWith('/') ? path.startsWith(place) : path === place;
