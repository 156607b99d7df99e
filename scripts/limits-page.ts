// docs/reference/limits.md, from the table of limits: what each is, why, and what who goes beyond it is told.
import type { LimitSpec } from '@ai-cost-profiler/collector/limit-spec.ts';
import { LIMITS } from '@ai-cost-profiler/collector/limit-table.ts';
import { OPTIONS } from '@ai-cost-profiler/collector/options.ts';
import { PROBLEMS } from '@ai-cost-profiler/collector/problems.ts';
import { code, NOTICE, table } from './markdown.ts';

const LIST = Object.entries<LimitSpec>(LIMITS);

const UNCOUNTED = LIST.filter(([, { isUncounted }]) => isUncounted === true)
  .map(([name]) => code(name))
  .join(', ');

const MIB = 1024 * 1024;

/** `4 MiB`, `100,000 spans`: a number as people read it. */
function amount(value: number, unit: string): string {
  if (unit === 'bytes' && value % MIB === 0) return `${value / MIB} MiB`;
  return `${value.toLocaleString('en-US')} ${unit}`;
}

function defaultOf({ option, byDefault, unit }: LimitSpec): string {
  if (option !== undefined) {
    const { flag, byDefault: text } = OPTIONS[option];
    return `${code(`--${flag}`)} (${text === null ? 'unset' : code(text)})`;
  }
  return byDefault === null ? 'none' : amount(byDefault, unit);
}

function answerOf({ problem, answer }: LimitSpec): string {
  return problem === null ? (answer ?? '–') : `${PROBLEMS[problem].status} ${code(problem)}`;
}

function rangeOf({ override, unit }: LimitSpec): string {
  if (override === undefined) return '–';
  const range = `${override.least} to ${amount(override.most, unit)}`;
  return override.mayBeUnlimited ? `${range}, or none` : range;
}

function rows(scope: LimitSpec['scope']): string[][] {
  return LIST.filter(([, spec]) => spec.scope === scope).map(([name, spec]) => {
    const own = scope === 'tenant' ? [rangeOf(spec)] : [];
    const words = `${spec.sentence} *${spec.reason}*`;
    return [code(name), defaultOf(spec), ...own, answerOf(spec), words];
  });
}

export function limitsPage(): string {
  return [
    NOTICE,
    '# Limits',
    '',
    'What a sender may send, and what happens beyond it. A request that is refused has taken nothing, and what was',
    'acknowledged is never dropped to make room. `429` and `503` carry `Retry-After` (over gRPC: RetryInfo): after that',
    'time the request is taken, if nobody else of the tenant came first. Each hit counts in',
    `\`aicost_limit_hits_total{limit="<name>"}\`, but for those of ${UNCOUNTED}.`,
    '',
    '## Of each tenant',
    '',
    '`aicost tenants limits set <tenant> <limit> <value>` gives a tenant a value of its own, and with `*` for `<tenant>`',
    'every tenant that has none. A change holds in the asked collector at once, in all others within 10 s, and while',
    'ClickHouse is away as it was last known. Several collectors each count for themselves: a rate or a quota holds for',
    'what one of them receives.',
    '',
    "Rates are token buckets on a monotonic clock. A day's use is kept in `daily-use.json` of the data directory, written",
    'once a second: a restart goes on counting, and a process that was killed forgets at most the last second.',
    '',
    table(['Limit', 'Default', 'Own value', 'Beyond it', 'What it is, and why'], rows('tenant')),
    '',
    '## Of the collector',
    '',
    table(['Limit', 'Default', 'Beyond it', 'What it is, and why'], rows('collector')),
    '',
  ].join('\n');
}
