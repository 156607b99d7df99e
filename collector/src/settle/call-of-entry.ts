/** The call back from the entry that bills it: an entry carries everything its price depended on, but for one thing. */
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import { type Call, CUMULATIVE_COUNTER, type Semantics } from '../normalise/call.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';

/** `alternative` is the other reading of the usage, which only the span keeps; the low and high cost rest on it. */
export function callOfEntry(entry: LedgerEntry, alternative: Usage | undefined): Call {
  const { charge } = entry;
  const usage = {
    buckets: entry.usage,
    inputTokens: entry.contextTokens,
    outputTokens: undefined,
    semantics: entry.semantics as Semantics,
    evidence: entry.evidence,
  };
  const hasUsage = entry.semantics !== '';
  return {
    dialect: '',
    operation: entry.operation,
    role: 'leaf',
    roleReason: entry.roleReason,
    provider: entry.provider,
    requestModel: entry.requestModel,
    responseModel: entry.responseModel,
    responseId: entry.responseId,
    usage:
      hasUsage && alternative !== undefined
        ? { ...usage, alternative }
        : hasUsage
          ? usage
          : undefined,
    missingUsageReason: missingReasonOf(charge),
    reportedAtto: charge.reportedAtto,
    context: entry.context,
    attribution: entry.attribution,
  };
}

function missingReasonOf({ unpricedReason, unpricedDetail }: LedgerEntry['charge']): string {
  if (unpricedReason === CUMULATIVE_COUNTER) {
    return CUMULATIVE_COUNTER;
  }
  return unpricedReason === 'no_usage' ? unpricedDetail : '';
}
