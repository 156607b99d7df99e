// Turns flags and environment into one typed, frozen configuration. The only place that reads process.env.
// Invariant: every value was read by its option's schema; flags win over variables, variables over defaults.
import { distance } from 'fastest-levenshtein';
import { ConfigError } from './config-error.ts';
import type { OptionSpec } from './option-spec.ts';
import { OPTIONS, type OptionName } from './options.ts';

type ValueOf<S> = S extends OptionSpec<infer T, infer D> ? (null extends D ? T | null : T) : never;

/** One value per option; null is "unset" (and, for a listener, "off"). Units are in the names. */
export type Config = { readonly [K in OptionName]: ValueOf<(typeof OPTIONS)[K]> };

/** Where a value came from. */
export type OptionSource = 'flag' | 'env' | 'default';

export interface LoadedConfig {
  readonly config: Config;
  readonly sources: { readonly [K in OptionName]: OptionSource };
  /** Sentences to show once: unknown variables, options that nothing acts on yet. */
  readonly warnings: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process. Everything else is given what it needs of it. */
export function readEnvironment(): Environment {
  return process.env;
}

/** The known name nearest to a mistyped one; undefined when none is near enough to be meant. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  let best: { name: string; edits: number } | undefined;
  for (const name of known) {
    const edits = distance(given, name);
    if (best === undefined || edits < best.edits) best = { name, edits };
  }
  const tolerated = Math.max(2, Math.ceil(given.length / 2));
  return best !== undefined && best.edits <= tolerated ? best.name : undefined;
}

const nameOf = (spec: OptionSpec<unknown>, source: OptionSource): string =>
  source === 'env' || spec.flag === null ? `${spec.env}` : `--${spec.flag}`;

/** The value as it may be repeated: no secret, no password inside an address. */
function showValue(spec: OptionSpec<unknown>, text: string): string {
  if (spec.secret) return 'a value that is not shown';
  return JSON.stringify(text.replace(/\/\/[^@/]*@/, '//…@'));
}

function readOption(spec: OptionSpec<unknown>, text: string, source: OptionSource): unknown {
  const result = spec.schema.safeParse(text);
  if (result.success) return result.data;
  throw new ConfigError(
    `${nameOf(spec, source)} is ${showValue(spec, text)}; expected ${spec.expected}.`,
  );
}

/**
 * Reads every option.
 * @param flags values by flag name (without `--`), as the command line gave them
 * @param environment the variables; an empty variable counts as unset, as container files often write them
 * @throws ConfigError naming the option, its value and what was expected
 */
export function loadConfig(
  flags: ReadonlyMap<string, string>,
  environment: Environment,
): LoadedConfig {
  const config: Record<string, unknown> = {};
  const sources: Record<string, OptionSource> = {};
  for (const [name, spec] of Object.entries<OptionSpec<unknown>>(OPTIONS)) {
    const flag = spec.flag === null ? undefined : flags.get(spec.flag);
    const variable = (spec.env === null ? undefined : environment[spec.env]) || undefined;
    const source = flag !== undefined ? 'flag' : variable !== undefined ? 'env' : 'default';
    const text = flag ?? variable ?? spec.byDefault;
    sources[name] = source;
    config[name] = text === null ? null : readOption(spec, text, source);
  }
  const loaded = {
    config: Object.freeze(config) as Config,
    sources: sources as LoadedConfig['sources'],
  };
  checkTogether(loaded.config);
  const warnings = [
    ...unknownVariables(environment),
    ...notBuiltYet(loaded),
    ...idleRetention(loaded.config),
    ...untriedCluster(loaded.config),
  ];
  return { ...loaded, warnings };
}

/** A request is held, joined, and becomes rows: beside what the process takes anyway, it must fit. */
const REQUEST_SHARE = 4;
const DAY_MS = 86_400_000;

/** Rules that hold between options. */
function checkTogether(config: Config): void {
  if ((config.tlsCert === null) !== (config.tlsKey === null)) {
    const [given, missing] =
      config.tlsCert === null ? ['--tls-key', '--tls-cert'] : ['--tls-cert', '--tls-key'];
    throw new ConfigError(`${given} is given without ${missing}; expected both or neither.`);
  }
  if (config.requestBytesMax > config.memoryMax / REQUEST_SHARE) {
    throw new ConfigError(
      `--request-bytes-max is ${config.requestBytesMax} bytes and --memory-max ${config.memoryMax}; expected at least ${REQUEST_SHARE} times as much memory as the largest request.`,
    );
  }
  const { retentionSpansMs: spansMs, retentionLedgerMs: ledgerMs } = config;
  if (ledgerMs !== null && (spansMs === null || ledgerMs < spansMs)) {
    const spans = spansMs === null ? 'unset' : `${spansMs / DAY_MS}d`;
    throw new ConfigError(
      `--retention-ledger is ${ledgerMs / DAY_MS}d and --retention-spans ${spans}; expected spans that expire before their ledger entries, or with them: what is billed is checked against its spans first.`,
    );
  }
  if (config.clickhousePasswordFile !== null && config.clickhouseUrl === null) {
    throw new ConfigError(
      '--clickhouse-password-file is given without --clickhouse-url; expected the address of the server whose user it is of.',
    );
  }
  if (config.clickhouseCluster !== null && config.clickhouseUrl === null) {
    throw new ConfigError(
      '--clickhouse-cluster is given without --clickhouse-url; expected the address of a server of that cluster.',
    );
  }
}

function unknownVariables(environment: Environment): string[] {
  const known = Object.values<OptionSpec<unknown>>(OPTIONS).flatMap((spec) => spec.env ?? []);
  return Object.keys(environment)
    .filter((name) => name.startsWith('AICOST_') && !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      return `${name} is not a variable of this program${nearest ? `; did you mean ${nearest}?` : '.'}`;
    });
}

/** Days expire in the collector that settles: elsewhere the options do nothing. */
function idleRetention(config: Config): string[] {
  const { settle, retentionSpansMs, retentionContentMs, retentionLedgerMs } = config;
  const isAnySet = [retentionSpansMs, retentionContentMs, retentionLedgerMs].some(
    (one) => one !== null,
  );
  return settle || !isAnySet
    ? []
    : [
        '--retention-* is set with --settle off: nothing expires here, but in the collector that settles.',
      ];
}

/** What is only parsed and tried in parts must not pass for what runs. */
function untriedCluster({ clickhouseCluster }: Config): string[] {
  return clickhouseCluster === null
    ? []
    : [
        '--clickhouse-cluster was never run on a cluster by those who made it: docs/scaling.md tells what was tried, and what is not done there.',
      ];
}

/** Options that someone set although nothing acts on them yet: silence would be a false promise. */
function notBuiltYet({ sources }: Pick<LoadedConfig, 'sources'>): string[] {
  return Object.entries<OptionSpec<unknown>>(OPTIONS)
    .filter(([name, spec]) => spec.notBuiltYet && sources[name as OptionName] !== 'default')
    .map(
      ([name, spec]) =>
        `${nameOf(spec, sources[name as OptionName])} is accepted, but nothing acts on it yet.`,
    );
}
