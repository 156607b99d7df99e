/**
 * The types of Grafana's kinds as the foundation SDK declares them, read from its declarations: every interface, enum
 * and alias by the module it stands in.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';
import type { Node } from '../tidy/source-tree.ts';

/** A type as it is written, and the module in which its names are looked up. */
export interface SdkType {
  readonly module: string;
  readonly node: Node;
}

const DIST = dirname(
  dirname(fileURLToPath(import.meta.resolve('@grafana/grafana-foundation-sdk/dashboard'))),
);
const modules = new Map<string, ReadonlyMap<string, Node>>();

/** The declaration of that name; undefined where the module has none. */
export function declarationOf(module: string, name: string): SdkType | undefined {
  let declared = modules.get(module);
  if (declared === undefined) {
    declared = readModule(module);
    modules.set(module, declared);
  }
  const node = declared.get(name);
  return node && { module, node };
}

function readModule(module: string): ReadonlyMap<string, Node> {
  const text = readFileSync(join(DIST, module, 'types.gen.d.ts'), 'utf8');
  const { body } = parseAst(text, { lang: 'dts' }) as unknown as { readonly body: readonly Node[] };
  const found = new Map<string, Node>();
  for (const statement of body) {
    const node = statement['declaration'] as Node | null | undefined;
    if (node && /^TS(?:Interface|Enum|TypeAlias)Declaration$/.test(node.type)) {
      found.set((node['id'] as { readonly name: string }).name, node);
    }
  }
  return found;
}

/** A member of an interface or of an object that is written out. */
export interface Member {
  readonly isOptional: boolean;
  readonly type: SdkType;
}

/** Members by name. */
export function membersOf({ module, node }: SdkType): ReadonlyMap<string, Member> {
  const body =
    node.type === 'TSInterfaceDeclaration' ? (node['body'] as Node)['body'] : node['members'];
  const members = (body as readonly Node[]).map((member): [string, Member] => {
    if (member.type !== 'TSPropertySignature') throw new Error(`${module}: a ${member.type}`);
    const key = member['key'] as { readonly name?: string; readonly value?: string };
    const annotation = member['typeAnnotation'] as { readonly typeAnnotation: Node };
    const type = { module, node: annotation.typeAnnotation };
    return [key.name ?? key.value ?? '', { isOptional: member['optional'] === true, type }];
  });
  return new Map(members);
}

/** Values of an enum. */
export function valuesOf({ node }: SdkType): readonly unknown[] {
  const { members } = node['body'] as { readonly members: readonly Node[] };
  return members.map((member) => (member['initializer'] as { readonly value: unknown }).value);
}

/** What a name stands for, such as `GridPos` or `common.DataSourceRef`; a member of an enum is its value alone. */
export function named(module: string, name: Node): SdkType | { readonly only: unknown } {
  const parts = partsOf(name);
  const imported = declarationOf(module, parts[0] ?? '') === undefined;
  const [from = module, ...path] = imported ? parts : [module, ...parts];
  const found = declarationOf(from, path[0] ?? '');
  if (found === undefined) throw new Error(`${module}: no type ${parts.join('.')}`);
  if (path.length === 1) return found;
  return { only: memberValue(found, path[1] ?? '') };
}

function partsOf(name: Node): string[] {
  if (name.type === 'Identifier') return [String(name['name'])];
  return [...partsOf(name['left'] as Node), String((name['right'] as Node)['name'])];
}

function memberValue({ node }: SdkType, name: string): unknown {
  const { members } = node['body'] as { readonly members: readonly Node[] };
  const member = members.find((one) => (one['id'] as { readonly name: string }).name === name);
  return (member?.['initializer'] as { readonly value: unknown } | undefined)?.value;
}
