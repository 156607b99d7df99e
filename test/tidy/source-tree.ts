/**
 * Sources as syntax trees, and the three things the rules ask of one: what it imports, what it exports, its functions.
 * The parser is the one Vitest brings (TypeScript 7 has no interface for programs yet).
 */
import { posix } from 'node:path';
import { parseAst } from 'vitest/node';
import { listFiles, listSources, readJson, readText } from './repository-files.ts';

/** A node of the tree (ESTree with TypeScript's own kinds); fields beside these are looked up by name. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** The file of the repository it leads to; undefined for packages and node: modules. */
  readonly file: string | undefined;
  /** Names taken; '*' where the whole module is. */
  readonly names: readonly string[];
  /** Whether nothing of it is left when the types are stripped. */
  readonly isTypeOnly: boolean;
  /** `export … from`: the names go on to others. */
  readonly isReexport: boolean;
  readonly line: number;
}

export interface Export {
  readonly name: string;
  readonly line: number;
  readonly isType: boolean;
  /** The text of what is declared, without the body of a function; '' for a list of names. */
  readonly signature: string;
}

export interface SourceFunction {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
  readonly parameters: number;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
  readonly functions: readonly SourceFunction[];
  readonly nodes: readonly Node[];
}

/** A workspace: its folder, and the name other packages import it by. */
export interface Workspace {
  readonly folder: string;
  readonly name: string;
}

export const WORKSPACES: readonly Workspace[] = readJson<{ workspaces: string[] }>(
  'package.json',
).workspaces.map((folder) => ({
  folder,
  name: readJson<{ name: string }>(`${folder}/package.json`).name,
}));

export const workspaceOf = (path: string): Workspace | undefined =>
  WORKSPACES.find(({ folder }) => path.startsWith(`${folder}/`));

/** The folder of the nearest package.json above, "" for the root: folders beside the workspaces may have one. */
export function packageFolderOf(path: string): string {
  const parts = path.split('/').slice(0, -1);
  while (parts.length > 0 && !listFiles().includes(`${parts.join('/')}/package.json`)) parts.pop();
  return parts.join('/');
}

let sources: ReadonlyMap<string, SourceFile> | undefined;

/** Every source of the repository by its path. */
export function readSources(): ReadonlyMap<string, SourceFile> {
  sources ??= new Map(listSources().map((path) => [path, readSource(path, readText(path))]));
  return sources;
}

/** One source. Exported so that the rules can be tried on a text that is in no file. */
export function readSource(path: string, text: string): SourceFile {
  const nodes = flatten(parseAst(text, { lang: 'ts' }) as unknown as Node);
  const lineOf = lineFinder(text);
  return {
    path,
    text,
    nodes,
    imports: nodes.flatMap((node) => readImport(path, node, lineOf)),
    exports: nodes.flatMap((node) => readExports(node, text, lineOf)),
    functions: nodes.flatMap((node, index) => readFunction(node, nodes[index - 1], lineOf)),
  };
}

/** The tree in the order of the text, parents before their children. */
function flatten(root: Node): Node[] {
  const found: Node[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) visit(one);
    else if (isNode(value)) {
      found.push(value);
      for (const field of Object.values(value)) visit(field);
    }
  };
  visit(root);
  return found;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value;

/** The line of an offset, counted from 1. */
export function lineFinder(text: string): (offset: number) => number {
  const ends = [...text.matchAll(/\n/g)].map(({ index }) => index);
  return (offset) => {
    let [before, after] = [0, ends.length];
    while (before < after) {
      const middle = (before + after) >> 1;
      if (ends[middle]! >= offset) after = middle;
      else before = middle + 1;
    }
    return before + 1;
  };
}

const textOf = (node: unknown): string => {
  const { name, value } = node as { name?: string; value?: unknown };
  return name ?? String(value);
};

function readImport(path: string, node: Node, lineOf: (offset: number) => number): Import[] {
  const isStatic = /^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type);
  if (!(isStatic || node.type === 'ImportExpression' || node.type === 'TSImportType')) return [];
  const source = node['source'] as { value?: unknown } | null | undefined;
  if (typeof source?.value !== 'string') return [];
  const kind = node['importKind'] ?? node['exportKind'];
  const specifiers = (node['specifiers'] ?? []) as Node[];
  const taken = specifiers.map((one) => {
    if (one.type === 'ImportDefaultSpecifier') return 'default';
    if (one.type === 'ImportNamespaceSpecifier') return '*';
    return textOf(one['imported'] ?? one['local']);
  });
  const isWhole = node.type === 'ExportAllDeclaration' || !isStatic;
  return [
    {
      specifier: source.value,
      file: resolveImport(path, source.value),
      names: isWhole ? ['*'] : taken,
      isTypeOnly:
        node.type === 'TSImportType' ||
        kind === 'type' ||
        (taken.length > 0 &&
          specifiers.every((one) => (one['importKind'] ?? one['exportKind']) === 'type')),
      isReexport: node.type.startsWith('Export'),
      line: lineOf(node.start),
    },
  ];
}

/** Follows a relative path, and the exports map of a workspace (`./*.ts` → `./src/*.ts`, but for the client). */
function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  const workspace = WORKSPACES.find(({ name }) => specifier.startsWith(`${name}/`));
  if (workspace === undefined) return undefined;
  const path = specifier.slice(workspace.name.length + 1);
  const isOfClient = workspace.folder === 'queries' && path.startsWith('client/');
  return isOfClient ? `${workspace.folder}/${path}` : `${workspace.folder}/src/${path}`;
}

function readExports(node: Node, text: string, lineOf: (offset: number) => number): Export[] {
  const line = lineOf(node.start);
  if (node.type === 'ExportDefaultDeclaration') {
    return [{ name: 'default', line, isType: false, signature: '' }];
  }
  if (node.type !== 'ExportNamedDeclaration') return [];
  const declared = node['declaration'] as Node | null;
  const isType = node['exportKind'] === 'type';
  const body = declared?.type === 'FunctionDeclaration' ? (declared['body'] as Node) : undefined;
  const signature =
    declared === null ? '' : text.slice(declared.start, body?.start ?? declared.end);
  const names = (node['specifiers'] as Node[]).map((one) => textOf(one['exported']));
  if (declared?.type === 'VariableDeclaration') {
    for (const one of declared['declarations'] as Node[]) names.push(...boundNames(one['id']));
  } else if (declared !== null) names.push(textOf(declared['id']));
  return names.map((name) => ({ name, line, isType, signature }));
}

/** `a` or each name of `{ a, b: c }`. */
function boundNames(pattern: unknown): string[] {
  const { type, properties } = pattern as Node & { properties?: Node[] };
  if (type !== 'ObjectPattern') return [textOf(pattern)];
  return (properties ?? []).flatMap((property) => boundNames(property['value']));
}

const FUNCTIONS = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/;

function readFunction(
  node: Node,
  before: Node | undefined,
  lineOf: (offset: number) => number,
): SourceFunction[] {
  if (!FUNCTIONS.test(node.type)) return [];
  const own = (node['id'] as Node | null | undefined) ?? before;
  const name = own?.type === 'Identifier' ? textOf(own) : '(without a name)';
  const line = lineOf(node.start);
  const parameters = (node['params'] as Node[]).length;
  return [{ name, line, lines: lineOf(node.end) - line + 1, parameters }];
}
