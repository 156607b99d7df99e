/** What a call shares with others, and what is its own → the call as an object. */
import type { Attribution, Call, CallContext } from '../call.ts';
import type { DisjointCounts } from '../usage/disjoint-counts.ts';
import { usageOf } from '../usage/disjoint-usage.ts';
import type { CallTemplate } from './call-template.ts';

interface OwnParts {
  /** undefined: none was told. */
  readonly usage: DisjointCounts | undefined;
  readonly responseId: string;
  readonly context: CallContext;
  readonly attribution: Attribution;
}

export function callOf(template: CallTemplate, own: OwnParts): Call {
  return {
    dialect: template.dialect,
    operation: template.operation,
    role: template.role,
    roleReason: template.roleReason,
    provider: template.provider,
    requestModel: template.requestModel,
    responseModel: template.responseModel,
    responseId: own.responseId,
    usage: own.usage === undefined ? undefined : usageOf(own.usage),
    missingUsageReason: template.missingUsageReason,
    reportedAtto: undefined,
    context: own.context,
    attribution: own.attribution,
  };
}
