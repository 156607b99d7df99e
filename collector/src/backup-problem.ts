/** What can be in the way of a backup: a row of problems.ts. */
import { GRPC_CODE } from './grpc-code.ts';
import type { ProblemSpec } from './problem-spec.ts';

export const BACKUP_PROBLEMS = {
  backup_failed: {
    status: 409,
    grpc: GRPC_CODE.failedPrecondition,
    retryable: false,
    title: 'Backup failed',
    sentence:
      'The backup could not be written, or another one is under way. The detail says what is in the way. What was written is no whole backup, and may be removed; where a server has its tables already, the detail says so, and they have to be removed there.',
  },
} as const satisfies Record<string, ProblemSpec>;
