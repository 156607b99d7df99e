// The members of a JSON body as a flat list, for docs/api.md: of objects in it with a dot, of their arrays with `[]`.
// Invariant: what a body may have is on the list, whichever of several forms it takes.
import { type JsonSchema, typeOf } from './schema-to-typescript.ts';

interface BodyMember {
  readonly name: string;
  readonly required: boolean;
  /** As TypeScript writes it. */
  readonly type: string;
  /** What it is where it is left out, as JSON. */
  readonly preset: string | undefined;
  readonly meaning: string;
}

/** All members of an object, each before those in it. */
export function bodyMembers(schema: JsonSchema, way = '', where = ''): readonly BodyMember[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([key, one]) => {
    const name = `${way}${key}`;
    const forms = formsOf(one);
    const told = [one.description, one.const === undefined ? where : ''].filter(Boolean).join(' ');
    const member = {
      name,
      required: required.includes(key),
      type: forms.length === 0 ? typeOf(one).replaceAll(/\s*\n\s*/g, ' ') : outerType(one),
      preset: one.default === undefined ? undefined : JSON.stringify(one.default),
      meaning: told || '–',
    };
    return [member, ...forms.flatMap((form) => membersOf(form, forms, name))];
  });
}

function membersOf(form: JsonSchema, forms: readonly JsonSchema[], name: string) {
  const many = form.type === 'array';
  const inner = many ? (form.items ?? {}) : form;
  const [key, told] = forms.length > 1 ? (constantOf(form) ?? []) : [];
  const where = key === undefined ? '' : `Where \`${name}.${key}\` is \`${told}\`.`;
  return bodyMembers(inner, `${name}${many ? '[]' : ''}.`, where);
}

/** The objects that a member may be, or be an array of. */
function formsOf(schema: JsonSchema): readonly JsonSchema[] {
  const either = schema.anyOf ?? schema.oneOf ?? [schema];
  return either.filter((one) => (one.items ?? one).properties !== undefined);
}

function outerType(schema: JsonSchema): string {
  const either = schema.anyOf ?? schema.oneOf ?? [schema];
  return [...new Set(either.map(({ type }) => String(type)))].join(' | ');
}

/** What tells one form from the others. */
function constantOf({ properties = {} }: JsonSchema): [key: string, told: string] | undefined {
  const [key, one] =
    Object.entries(properties).find(([, { const: told }]) => told !== undefined) ?? [];
  return key === undefined || one === undefined ? undefined : [key, String(one.const)];
}
