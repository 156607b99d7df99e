/**
 * Readings of one span in one or several dialects → what the call is. Several dialects may know one span: what the
 * first does not tell, the next may. Looks at no count and at no text that is only handed on, so that what it says can
 * be learned (learned/).
 */
import type { CallContext, Role } from './call.ts';
import type { DialectReading, UnreadableCounts } from './dialect.ts';
import { placeOperation } from './operations.ts';
import { normaliseProvider, providerOfModel } from './providers.ts';
import type { CountName } from './usage/counts.ts';
import { hasUsage, type RawUsage } from './usage/raw-usage.ts';
import { type ReconciledUsage, reconcileUsage } from './usage/reconcile-usage.ts';
import type { UnitName } from './usage/told-units.ts';

export type Reading = DialectReading & { family: string };

export interface Description {
  dialect: string;
  operation: string;
  role: Role;
  roleReason: string;
  provider: string;
  requestModel: string;
  responseModel: string;
  responseId: string;
  reportedUsd: string | undefined;
  context: CallContext;
  /** Whom the call was for by the dialects' own names. */
  attribution: DialectReading['attribution'];
  usage: ReconciledUsage;
  /** Why what the call used cannot be known: a count that is written and cannot be read. */
  unreadable: string | undefined;
  /** Why there is no usage, where the emitter's own marks tell it. */
  missingUsage: string | undefined;
}

/** What stands beside the dialects' own words for who bills. */
export interface BillerClues {
  /** Where the call was sent. */
  readonly host: string | undefined;
  /** What the resource names for all calls of the process. */
  readonly ofResource: string | undefined;
}

/** What the call is. There is at least one reading. */
export function describeCall(readings: readonly Reading[], clues: BillerClues): Description {
  const isUsed = readings.some(({ usage, unreadable }) => hasUsage(usage) || isAny(unreadable));
  const usage = reconcileUsage(
    readings.map(({ family, usage: raw, inclusion, authority }) => ({
      family,
      raw,
      inclusion,
      authority,
    })),
  );
  const placed = placeOperation(first(readings, 'operation'), isUsed);
  const { role, reason } = first(readings, 'role') ?? placed;
  return {
    dialect: readings[0]!.family,
    operation: placed.operation,
    role,
    roleReason: reason,
    provider: providerOf(readings, clues),
    requestModel: first(readings, 'requestModel') ?? '',
    responseModel: first(readings, 'responseModel') ?? '',
    responseId: first(readings, 'responseId') ?? '',
    reportedUsd: first(readings, 'reportedUsd'),
    context: Object.assign({}, ...readings.map(({ context }) => context).toReversed()),
    attribution: Object.assign({}, ...readings.map(({ attribution }) => attribution).toReversed()),
    usage,
    unreadable: unreadableIn(readings, usage.raw),
    missingUsage: first(readings, 'missingUsage'),
  };
}

function isAny(unreadable: UnreadableCounts | undefined): boolean {
  return unreadable !== undefined && Object.keys(unreadable).length > 0;
}

/** Totals are evidence only, and a part of the input is not missed where the input is told. */
const NOT_MISSED: readonly string[] = ['total', 'uncached'];

/** The first count that no reading can tell, though one means to. NaN beside no other count says nothing. */
function unreadableIn(readings: readonly Reading[], raw: RawUsage): string | undefined {
  const problems = readings
    .flatMap(({ unreadable }) => Object.entries(unreadable ?? {}) as Problem[])
    .filter(([name]) => !isTold(raw, name) && !NOT_MISSED.includes(name))
    .map(([, problem]) => problem);
  return hasUsage(raw) ? problems[0] : problems.find((problem) => problem !== 'count_is_nan');
}

type Problem = [name: CountName | UnitName, problem: string];

function isTold({ units, ...counts }: RawUsage, name: Problem[0]): boolean {
  const told: Partial<Record<Problem[0], unknown>> = { ...counts, ...units };
  return told[name] !== undefined;
}

/** The first reading that tells it: dialects stand in the order of trust in dialects.ts. */
function first<Name extends keyof DialectReading>(
  readings: readonly Reading[],
  name: Name,
): DialectReading[Name] | undefined {
  return readings.find((reading) => reading[name] !== undefined)?.[name];
}

/**
 * A real provider wins over a framework's name, whichever dialect tells it; then the resource's, then the host, then
 * the model's name.
 */
function providerOf(readings: readonly Reading[], { host, ofResource }: BillerClues): string {
  for (const provider of [...readings.map((reading) => reading.provider), ofResource]) {
    const canonical = provider === undefined ? '' : normaliseProvider(provider, host);
    if (canonical !== '') {
      return canonical;
    }
  }
  const models = [first(readings, 'responseModel'), first(readings, 'requestModel')];
  return (
    normaliseProvider(undefined, host) ||
    (models.map((model) => providerOfModel(model ?? '')).find((name) => name !== '') ?? '')
  );
}
