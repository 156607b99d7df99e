// JSON schemas of the OpenAPI document as TypeScript types.
// Invariant: what the schema leaves open is `unknown`, never a type that it does not promise.

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
}

/** A name as a member is written. */
export const memberName = (name: string): string =>
  /^[a-z_$][\w$]*$/i.test(name) ? name : JSON.stringify(name);

/** A sentence as a comment before a member; it cannot end the comment early. */
export function comment(text: string | undefined, indent: string): string {
  return text === undefined ? '' : `${indent}/** ${text.replaceAll('*/', '*\\/')} */\n`;
}

/** The type of a schema; lines after the first begin with `indent`. */
export function typeOf(schema: JsonSchema, indent = ''): string {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map((one) => JSON.stringify(one)));
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return union(either.map((one) => typeOf(one, indent)));
  if (schema.allOf !== undefined) {
    return schema.allOf.map((one) => `(${typeOf(one, indent)})`).join(' & ');
  }
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  if (types.length === 0)
    return schema.properties === undefined ? 'unknown' : object(schema, indent);
  return union(types.map((type) => plainType(type, schema, indent)));
}

function plainType(type: string, schema: JsonSchema, indent: string): string {
  switch (type) {
    case 'object':
      return object(schema, indent);
    case 'array': {
      const item = typeOf(schema.items ?? {}, indent);
      return `readonly ${/[|&]/.test(item) ? `(${item})` : item}[]`;
    }
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    default:
      return 'unknown';
  }
}

function object(schema: JsonSchema, indent: string): string {
  const { properties = {}, additionalProperties: more } = schema;
  const members = Object.entries(properties);
  const rest = restOf(more, indent);
  if (members.length === 0) return rest ?? 'Readonly<Record<string, unknown>>';
  const inner = `${indent}  `;
  const lines = members.map(([name, one]) => {
    const mark = schema.required?.includes(name) === true ? '' : '?';
    const told = comment(one.description, inner);
    return `${told}${inner}readonly ${memberName(name)}${mark}: ${typeOf(one, inner)};\n`;
  });
  const type = `{\n${lines.join('')}${indent}}`;
  // Names beside those known may have any type: an index signature would have to fit the known ones too.
  return rest === undefined ? type : `${type} & Readonly<Record<string, unknown>>`;
}

function restOf(more: JsonSchema['additionalProperties'], indent: string): string | undefined {
  if (more === undefined || more === false) return undefined;
  if (more === true || Object.keys(more).length === 0) return 'Readonly<Record<string, unknown>>';
  return `Readonly<Record<string, ${typeOf(more, indent)}>>`;
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ') || 'never';
}
