/** What a call is, and its span → the canonical call: usage in disjoint buckets, or why there is none. */
import { type AttoUsd, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { SpanView } from '../decode/span-view.ts';
import { withoutFalseSession } from './attribution.ts';
import { type Attribution, type Call, type CallUsage, REFUSED } from './call.ts';
import type { Description } from './describe-call.ts';
import { refusedStatus } from './refused-calls.ts';
import { toDisjointUsage } from './usage/disjoint-usage.ts';
import { hasUsage, type RawUsage } from './usage/raw-usage.ts';

const STATUS_ERROR = 2;

export function finishCall(
  description: Description,
  view: SpanView,
  told: { attribution: Attribution; sampling: string | undefined },
): Call {
  const { dialect, operation, provider, responseId, context } = description;
  const { usage, missing } = readUsage(description, view);
  const refusal = refusalOf(description, view, usage !== undefined);
  const isRefused = refusal !== undefined && description.role === 'leaf';
  const role = isRefused ? 'non_billable' : description.role;
  return {
    dialect,
    operation,
    role,
    roleReason: isRefused ? `${REFUSED}: ${refusal}` : description.roleReason,
    provider,
    requestModel: description.requestModel,
    responseModel: description.responseModel,
    responseId,
    usage,
    missingUsageReason: refusal === undefined ? missingReason(description, role, missing) : '',
    reportedAtto: reportedCost(description.reportedUsd),
    context: told.sampling === undefined ? context : { sampling: told.sampling, ...context },
    attribution: withoutFalseSession(told.attribution, { responseId, traceId: traceIdOf(view) }),
  };
}

/** The status with which the call was refused, where it failed and reports nothing. */
function refusalOf({ provider }: Description, view: SpanView, isUsed: boolean): number | undefined {
  return isUsed || view.statusCode !== STATUS_ERROR ? undefined : refusedStatus(view, provider);
}

/** Told of calls, and of spans around a call whose own span may be lost. */
export function missingReason(
  { missingUsage }: Pick<Description, 'missingUsage'>,
  role: Call['role'],
  missing: string,
): string {
  const isCall = role === 'leaf' || (role === 'aggregate' && missingUsage !== undefined);
  return isCall ? missing : '';
}

/** Whether a span says that something went wrong, or that not all of it is told: then its usage is looked at closer. */
export function isDoubtful({ statusCode, droppedAttributesCount }: SpanView): boolean {
  return statusCode === STATUS_ERROR || droppedAttributesCount > 0;
}

export function traceIdOf({ bytes, traceIdStart, traceIdEnd }: SpanView): string {
  return bytes.toString('hex', traceIdStart, traceIdEnd);
}

/** An amount that is no plain decimal of at most 18 places says nothing that can be relied on. */
function reportedCost(text: string | undefined): AttoUsd | undefined {
  if (text === undefined) {
    return undefined;
  }
  try {
    return parseUsd(text);
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}

/** What emitters write beside a failure: nothing was received, not that nothing was used. */
function isAllZero({ units, ...counts }: RawUsage): boolean {
  return units === undefined && Object.values(counts).every((count) => (count ?? 0n) === 0n);
}

function readUsage(
  { usage: { raw, inclusion, conflicts }, provider, missingUsage, unreadable }: Description,
  { statusCode, droppedAttributesCount }: SpanView,
): { usage: CallUsage | undefined; missing: string } {
  const failed = statusCode === STATUS_ERROR;
  const isCut = droppedAttributesCount > 0;
  if (isCut && hasUsage(raw) && (raw.input === undefined || raw.output === undefined)) {
    // Usage is set when a call ends, and what comes last is what the limit of an SDK leaves out.
    return { usage: undefined, missing: 'attribute_limit' };
  }
  if (unreadable !== undefined) {
    return { usage: undefined, missing: unreadable };
  }
  if (!hasUsage(raw) || (failed && isAllZero(raw))) {
    return {
      usage: undefined,
      missing: isCut ? 'attribute_limit' : failed ? 'error' : (missingUsage ?? NOT_REPORTED),
    };
  }
  const usage = toDisjointUsage(raw, provider, inclusion);
  if ('contradiction' in usage) {
    return { usage: undefined, missing: usage.contradiction };
  }
  if (Object.keys(usage.buckets).length === 0) {
    // A total of both, or cache tokens alone, cannot be priced: no buckets would make a silent zero.
    return { usage: undefined, missing: 'only_total_reported' };
  }
  const notes = [
    ...(conflicts.length === 0 ? [] : [`not believed: ${conflicts.join(', ')}`]),
    ...(isCut ? ['attributes were dropped'] : []),
  ];
  const evidence = [usage.evidence, ...notes].join('; ');
  return { usage: { ...usage, evidence }, missing: '' };
}

/** Why there is no usage, where nothing says more. */
export const NOT_REPORTED = 'not_reported';
