/**
 * Readings of one span in one or several dialects → what the call is. Several dialects may know one span: what the
 * first does not tell, the next may. Looks at no count and at no text that is only handed on, so that what it says can
 * be learned (learned/).
 */
import type { CallContext, Role } from './call.ts';
import type { DialectReading } from './dialect.ts';
import { placeOperation } from './operations.ts';
import { normaliseProvider, providerOfModel } from './providers.ts';
import { hasUsage } from './usage/raw-usage.ts';
import { type ReconciledUsage, reconcileUsage } from './usage/reconcile-usage.ts';

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
  const isUsed = readings.some(({ usage }) => hasUsage(usage));
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
    usage: reconcileUsage(
      readings.map(({ family, usage, inclusion, authority }) => ({
        family,
        raw: usage,
        inclusion,
        authority,
      })),
    ),
    missingUsage: first(readings, 'missingUsage'),
  };
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
