/** The call that stands for a span whose dialect failed: a fault of ours is shown as unknown, never as no call. */
import { type Call, NOBODY } from './call.ts';

const NORMALISE_FAILED = 'normalise_failed';

/** What is said of a span whose dialect failed: nothing but that. */
export const UNREADABLE_CALL: Call = {
  dialect: '',
  operation: '',
  role: 'unknown',
  roleReason: NORMALISE_FAILED,
  provider: '',
  requestModel: '',
  responseModel: '',
  responseId: '',
  usage: undefined,
  missingUsageReason: NORMALISE_FAILED,
  reportedAtto: undefined,
  context: {},
  attribution: NOBODY,
};
