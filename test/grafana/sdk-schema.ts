/** A dashboard against the types of Grafana's kinds, strictly: what a type does not have may not be there. */
import type { Node } from '../tidy/source-tree.ts';
import { declarationOf, membersOf, named, type SdkType, valuesOf } from './sdk-declarations.ts';

/** How a value is judged at a place: each fault a sentence that begins with the place. */
type Judge = (value: unknown, at: string) => string[];

/** Types of which the SDK says nothing, by `module.Type.member`: who judges them instead. */
export type Judges = Readonly<Record<string, Judge>>;

/** Faults of a value that shall be of this type. `isPartial`: what is missing has a default of Grafana's. */
export function judge(
  value: unknown,
  { type, at, judges, isPartial = false }: Judged & { readonly isPartial?: boolean },
): string[] {
  const { node, module } = type;
  switch (node.type) {
    case 'TSInterfaceDeclaration':
    case 'TSTypeLiteral':
      return judgeObject(value, { type, at, judges }, isPartial);
    case 'TSEnumDeclaration':
      return oneOf(value, valuesOf(type), at);
    case 'TSTypeAliasDeclaration':
    case 'TSParenthesizedType':
      return judge(value, { type: { module, node: node['typeAnnotation'] as Node }, at, judges });
    case 'TSTypeReference':
      return judgeNamed(value, { type, at, judges });
    case 'TSArrayType':
      return Array.isArray(value)
        ? value.flatMap((one, index) =>
            judge(one, {
              type: { module, node: node['elementType'] as Node },
              at: `${at}[${index}]`,
              judges,
            }),
          )
        : [`${at} is no list`];
    case 'TSUnionType':
      return judgeUnion(value, { type, at, judges });
    case 'TSLiteralType':
      return oneOf(value, [(node['literal'] as { readonly value: unknown }).value], at);
    default:
      return judgeKeyword(value, node.type, at);
  }
}

interface Judged {
  readonly type: SdkType;
  readonly at: string;
  readonly judges: Judges;
}

const KEYWORDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  TSStringKeyword: (value) => typeof value === 'string',
  TSNumberKeyword: (value) => typeof value === 'number' && Number.isFinite(value),
  TSBooleanKeyword: (value) => typeof value === 'boolean',
  TSNullKeyword: (value) => value === null,
};

function judgeKeyword(value: unknown, keyword: string, at: string): string[] {
  const isRight = KEYWORDS[keyword];
  if (isRight === undefined) throw new Error(`${at}: nobody judges ${keyword}`);
  return isRight(value) ? [] : [`${at} is ${JSON.stringify(value)}, no ${keyword.slice(2, -7)}`];
}

function oneOf(value: unknown, allowed: readonly unknown[], at: string): string[] {
  const isThere = allowed.includes(value);
  return isThere ? [] : [`${at} is ${JSON.stringify(value)}, none of ${allowed.join(', ')}`];
}

function judgeNamed(value: unknown, { type: { module, node }, at, judges }: Judged): string[] {
  const name = node['typeName'] as Node;
  if (name['name'] === 'Record') return isObject(value) ? [] : [`${at} is no object`];
  const found = named(module, name);
  if ('only' in found) return oneOf(value, [found.only], at);
  return judge(value, { type: found, at, judges });
}

/** The faults of the type that fits best. */
function judgeUnion(value: unknown, { type: { module, node }, at, judges }: Judged): string[] {
  const each = (node['types'] as readonly Node[]).map((one) =>
    judge(value, { type: { module, node: one }, at, judges }),
  );
  return each.reduce((best, faults) => (faults.length < best.length ? faults : best));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function judgeObject(value: unknown, { type, at, judges }: Judged, isPartial: boolean): string[] {
  if (!isObject(value)) return [`${at} is no object`];
  const members = membersOf(type);
  const owner = type.node.type === 'TSInterfaceDeclaration' ? nameOf(type) : '';
  const missing = [...members]
    .filter(([name, { isOptional }]) => !isOptional && !isPartial && !(name in value))
    .map(([name]) => `${at}.${name} is missing`);
  const given = Object.entries(value).flatMap(([name, one]) => {
    const member = members.get(name);
    if (member === undefined) return [`${at}.${name} is nothing that Grafana knows`];
    const own = judges[`${owner}.${name}`];
    if (own !== undefined) return own(one, `${at}.${name}`);
    return judge(one, { type: member.type, at: `${at}.${name}`, judges });
  });
  return [...missing, ...given];
}

const nameOf = ({ module, node }: SdkType): string =>
  `${module}.${(node['id'] as { readonly name: string }).name}`;

/** A declared type, which must be there. */
export function sdkType(module: string, name: string): SdkType {
  const found = declarationOf(module, name);
  if (found === undefined) throw new Error(`the SDK has no ${module}.${name}`);
  return found;
}
