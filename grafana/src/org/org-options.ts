/** What the command is told of an organisation, read from its command line; what is wrong is told by name. */
import { parseArgs } from 'node:util';
import { OPERATORS_ORG } from '../provisioning/datasource-file.ts';

export interface OrgPlan {
  readonly tenant: string;
  /** As Grafana answered when the organisation was made. */
  readonly orgId: number;
  /** The tenant's ClickHouse user, as `aicost keys create --sql` says it. */
  readonly sqlUser: string;
  readonly clickhouse: { readonly host: string; readonly port: number; readonly isSecure: boolean };
  /** Where Grafana finds the key of that user, and the dashboards. */
  readonly passwordFile: string;
  readonly dashboardsPath: string;
}

interface Option {
  readonly value: string;
  readonly expected: string;
  readonly isRight: (text: string) => boolean;
  readonly byDefault?: (tenant: string) => string;
}

const isPath = (text: string): boolean => /^\/[^\0\n{}$]*$/.test(text);

const OPTIONS = {
  tenant: {
    value: 'NAME',
    expected: '1 to 63 of a-z, 0-9, "-" and "_", beginning with a letter or a digit',
    isRight: (text) => /^[a-z0-9][a-z0-9_-]{0,62}$/.test(text),
  },
  'org-id': {
    value: 'NUMBER',
    expected: `the orgId that Grafana answered, above ${OPERATORS_ORG}, which is the operator's`,
    isRight: (text) => /^\d{1,9}$/.test(text) && Number(text) > OPERATORS_ORG,
  },
  'sql-user': {
    value: 'NAME',
    expected: 'aicost_<key id>, as keys create --sql says it',
    isRight: (text) => /^aicost_[A-Za-z0-9]{1,64}$/.test(text),
  },
  clickhouse: {
    value: 'URL',
    expected: 'http(s)://host:port of ClickHouse, without a user or a path',
    isRight: (text) => addressOf(text) !== null,
  },
  out: {
    value: 'DIR',
    expected: 'a folder to write into',
    isRight: (text) => text !== '',
  },
  'password-file': {
    value: 'PATH',
    expected: "a path from / on, where Grafana finds the user's key",
    isRight: isPath,
    byDefault: (tenant) => `/run/aicost/${tenant}.key`,
  },
  'dashboards-path': {
    value: 'PATH',
    expected: 'a path from / on, where Grafana finds the dashboards',
    isRight: isPath,
    // Beside those of the operator: all that is below a provider's folder is the provider's.
    byDefault: (tenant) => `/var/lib/aicost-dashboards-${tenant}`,
  },
} satisfies Readonly<Record<string, Option>>;

type Name = keyof typeof OPTIONS;

export const USAGE = `npm run grafana:org -- ${Object.entries<Option>(OPTIONS)
  .map(([name, { value, byDefault }]) =>
    byDefault === undefined ? `--${name} ${value}` : `[--${name} ${value}]`,
  )
  .join(' ')}`;

/** What was told, or what is wrong with it, a sentence each. */
export type ReadOrg =
  | { readonly plan: OrgPlan; readonly out: string }
  | { readonly faults: readonly string[] };

export function readOrgOptions(args: readonly string[]): ReadOrg {
  const names = Object.keys(OPTIONS) as Name[];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const told = (name: Name): string => {
    const value = values[name];
    const { byDefault }: Option = OPTIONS[name];
    return typeof value === 'string' ? value : (byDefault?.(told('tenant')) ?? '');
  };
  const strangers = tokens.flatMap((token) =>
    token.kind === 'option' && !(token.name in OPTIONS) ? [token.rawName] : [],
  );
  const faults = [
    ...[...strangers, ...positionals].map((text) => `${text}: is no option; known: ${USAGE}`),
    ...names
      .filter((name) => !OPTIONS[name].isRight(told(name)))
      .map((name) => `--${name} ${JSON.stringify(told(name))}: expected ${OPTIONS[name].expected}`),
  ];
  const clickhouse = addressOf(told('clickhouse'));
  if (faults.length > 0 || clickhouse === null) return { faults };
  return {
    out: told('out'),
    plan: {
      tenant: told('tenant'),
      orgId: Number(told('org-id')),
      sqlUser: told('sql-user'),
      clickhouse,
      passwordFile: told('password-file'),
      dashboardsPath: told('dashboards-path'),
    },
  };
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 8123, 'https:': 8443 };

function addressOf(text: string): OrgPlan['clickhouse'] | null {
  if (!URL.canParse(text)) return null;
  const { protocol, hostname, port, pathname, search, username, password } = new URL(text);
  const usual = DEFAULT_PORTS[protocol];
  const isBare = pathname === '/' && search === '' && username === '' && password === '';
  if (usual === undefined || !isBare || hostname === '') return null;
  return {
    host: hostname,
    port: port === '' ? usual : Number(port),
    isSecure: protocol === 'https:',
  };
}
