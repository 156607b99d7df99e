/** Dashboards against the SDK's types, with what those leave open: queries, and what is each kind of panel's own. */
import { z } from 'zod';
import { declarationOf, membersOf } from './sdk-declarations.ts';
import { type Judges, judge, sdkType } from './sdk-schema.ts';

/** A query of the ClickHouse plugin, as ours are. */
const QUERY = z.strictObject({
  refId: z.string().regex(/^[A-Z]$/),
  datasource: z.strictObject({
    type: z.literal('grafana-clickhouse-datasource'),
    uid: z.string(),
  }),
  editorType: z.literal('sql'),
  pluginVersion: z.string().regex(/^\d+\.\d+\.\d+$/),
  format: z.union([z.literal(0), z.literal(1), z.literal(3)]),
  rawSql: z.string().min(1),
});

/** Kinds of panels of which the SDK has no types: ours say nothing of their own. */
const WITHOUT_TYPES = ['flamegraph', 'traces'];

interface AnyPanel {
  readonly type: string;
}

/** Faults of a dashboard, a sentence each that begins with the place. */
export function dashboardFaults(dashboard: { readonly panels: readonly AnyPanel[] }): string[] {
  const { panels, ...others } = dashboard;
  return [
    ...judge(others, { type: sdkType('dashboard', 'Dashboard'), at: 'dashboard', judges: {} }),
    ...panels.flatMap((panel, index) => {
      const name = panel.type === 'row' ? 'RowPanel' : 'Panel';
      const type = sdkType('dashboard', name);
      return judge(panel, { type, at: `panels[${index}]`, judges: judgesOf(panel.type) });
    }),
  ];
}

function judgesOf(kind: string): Judges {
  return {
    'dashboard.Panel.targets': (value, at) => {
      const { error } = z.array(QUERY).min(1).safeParse(value);
      return (error?.issues ?? []).map(
        ({ path, message }) => `${at}.${path.join('.')}: ${message}`,
      );
    },
    'dashboard.Panel.options': (value, at) => ofKind(kind, 'Options', { value, at }),
    'dashboard.FieldConfig.custom': (value, at) => ofKind(kind, 'FieldConfig', { value, at }),
    // The SDK leaves them open; a link in a cell is one of these.
    'dashboard.FieldConfig.links': judgeLinks,
    'dashboard.FieldConfigSource.overrides': (value, at) => judgeOverrides(kind, { value, at }),
  };
}

interface Placed {
  readonly value: unknown;
  readonly at: string;
}

/** What Grafana has defaults for may be missing. */
function ofKind(kind: string, name: 'Options' | 'FieldConfig', { value, at }: Placed): string[] {
  if (WITHOUT_TYPES.includes(kind)) {
    return JSON.stringify(value) === '{}'
      ? []
      : [`${at}: nobody knows what ${kind} has of its own`];
  }
  const found = declarationOf(kind, name);
  if (found === undefined) return [`${at}: ${kind} has nothing of its own`];
  return judge(value, { type: declared(kind, name), at, judges: {}, isPartial: true });
}

/** The interface that a kind's `FieldConfig` or `Options` is, or stands for. */
function declared(kind: string, name: string) {
  const found = sdkType(kind, name);
  const reference = found.node['typeAnnotation'] as
    | { readonly typeName: { readonly right: { readonly name: string } } }
    | undefined;
  return reference === undefined ? found : sdkType('common', reference.typeName.right.name);
}

const LINKS = z.array(
  z.strictObject({ title: z.string(), url: z.string(), targetBlank: z.boolean() }),
);

function judgeLinks(value: unknown, at: string): string[] {
  const { error } = LINKS.safeParse(value);
  return (error?.issues ?? []).map(({ path, message }) => `${at}.${path.join('.')}: ${message}`);
}

const OVERRIDES = z.array(
  z.strictObject({
    matcher: z.strictObject({ id: z.literal('byName'), options: z.string() }),
    properties: z.array(z.strictObject({ id: z.string(), value: z.unknown() })),
  }),
);

/** A property is one of the field's, or with `custom.` one of the kind's own. */
function judgeOverrides(kind: string, { value, at }: Placed): string[] {
  const { data, error } = OVERRIDES.safeParse(value);
  if (error) return error.issues.map(({ path, message }) => `${at}.${path.join('.')}: ${message}`);
  return data.flatMap(({ matcher, properties }) =>
    properties.flatMap(({ id, value: told }) => {
      const place = `${at}.${matcher.options}.${id}`;
      if (id === 'links') return judgeLinks(told, place);
      const isOwn = id.startsWith('custom.');
      const name = isOwn ? id.slice('custom.'.length) : id;
      const owner = isOwn ? declared(kind, 'FieldConfig') : sdkType('dashboard', 'FieldConfig');
      const member = membersOf(owner).get(name);
      if (member === undefined) return [`${place} is nothing that Grafana knows`];
      return judge(told, { type: member.type, at: place, judges: {} });
    }),
  );
}
