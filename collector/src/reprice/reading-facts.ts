/** What was read of a span, as text to be compared: all that settle, prices and dimensions rest on. */
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { Attribution, Call } from '../normalise/call.ts';

interface Read {
  readonly call: Call | undefined;
  readonly attribution: Attribution;
}

/** Equal texts say the same. How it was found out (dialect, evidence) is left out. */
export function readingFacts({ call, attribution }: Read): string {
  const usage = call?.usage;
  return JSON.stringify([
    call === undefined ? null : textsOf(call),
    usage?.semantics ?? '',
    quantities(usage?.buckets),
    quantities(usage?.alternative),
    String(call?.reportedAtto),
    told(call?.context ?? {}),
    attributionFacts({ attribution }),
  ]);
}

/** Whom the span was for. */
export function attributionFacts({ attribution }: Pick<Read, 'attribution'>): string {
  const { tags, ...whom } = attribution;
  return JSON.stringify([told(whom), tags.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Whether the first tells anything of which the second says nothing at all. */
export function losesFacts(before: Read, now: Read): boolean {
  const factsOf = ({ call, attribution }: Read) => [
    ...told(call === undefined ? {} : { ...named(call), ...call.context }),
    ...quantities(call?.usage?.buckets).filter(([, quantity]) => quantity !== '0'),
    ...(call?.reportedAtto === undefined ? [] : [['reported', '']]),
    ...told({ ...attribution, tags: undefined }),
    ...attribution.tags.map(([key]) => [`tag ${key}`]),
  ];
  const names = new Set(factsOf(now).map(([name]) => name));
  return factsOf(before).some(([name]) => !names.has(name!));
}

function named({ provider, requestModel, responseModel, responseId }: Call): object {
  return { provider, requestModel, responseModel, responseId };
}

function textsOf(call: Call): object {
  const { operation, role, roleReason, missingUsageReason } = call;
  return { ...named(call), operation, role, roleReason, missingUsageReason };
}

/** Pairs in the order of their names; what is empty is not told. */
function told(record: object): [string, string][] {
  return Object.entries(record)
    .filter(([, value]) => value !== undefined && value !== '' && value !== false)
    .map(([name, value]): [string, string] => [name, String(value)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function quantities(usage: Usage | undefined): [string, string][] {
  return told(usage ?? {});
}
