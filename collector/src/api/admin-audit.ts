// `GET /api/v1/admin/audit`: who changed what, and when, newest first. Scope admin sees what is of its own tenant,
// operator all.
import {
  CURSOR_SCHEMA,
  type CursorPurpose,
  createCursors,
} from '@ai-cost-profiler/queries/cursor.ts';
import {
  instantOfMs,
  instantSchema,
  readParameters,
  wholeNumberSchema,
} from '@ai-cost-profiler/queries/parameters.ts';
import { INSTANT_EXPECTED, type InstantNs } from '@ai-cost-profiler/queries/range.ts';
import { Router } from 'express';
import { z } from 'zod';
import type { Authenticate } from '../access.ts';
import { AUDIT_ACTIONS, AUDIT_POSITION, AUDIT_ROW, type ReadAudit } from '../audit-rows.ts';
import { Problem } from '../problems.ts';
import { onlyMethods } from './errors.ts';
import { parametersOf } from './parameters-of.ts';

export interface AdminAuditDeps {
  readonly authenticate: Authenticate;
  readonly audit: ReadAudit;
  /** What cursors are signed with. */
  readonly cursorSecret: () => Uint8Array;
  readonly now: () => Date;
}

export const AUDIT_PATH = '/api/v1/admin/audit';
const ROWS_PRESET = 100;
const ROWS_MAX = 1000;

/** The parameters, which are documented from here too. */
export function auditParameters(nowNs: InstantNs) {
  return z.object({
    from: instantSchema(nowNs).optional().describe(`Changes at or after: ${INSTANT_EXPECTED}.`),
    to: instantSchema(nowNs).optional().describe('Changes before; as `from`.'),
    action: z
      .enum(AUDIT_ACTIONS, { error: `one of ${AUDIT_ACTIONS.join(', ')}` })
      .optional()
      .describe('Only these.'),
    actor: z.string().max(200).optional().describe('Only what this one did, such as `key:<id>`.'),
    tenant: z
      .string()
      .max(63)
      .optional()
      .describe('Only what is of this tenant; operator keys see all without it, others their own.'),
    limit: wholeNumberSchema(ROWS_PRESET, 1, ROWS_MAX),
    cursor: CURSOR_SCHEMA,
  });
}

export const AUDIT_ANSWER = z.object({
  rows: z.array(AUDIT_ROW),
  next_cursor: z
    .string()
    .nullable()
    .describe('Where the next page begins, for `cursor`; null on the last one.'),
});

/** The route, with its whole path. */
export function adminAuditRoutes({
  authenticate,
  audit,
  cursorSecret,
  now,
}: AdminAuditDeps): Router {
  const cursors = createCursors(cursorSecret);
  const router = Router();
  router
    .route(AUDIT_PATH)
    .get((request, response) => {
      const { tenant: own, scopes } = authenticate(request.headers, ['admin', 'operator']);
      const parameters = parametersOf(request);
      const { values } = readParameters(auditParameters(instantOfMs(now().getTime())), parameters);
      const purpose: CursorPurpose = { question: 'audit', tenant: own, parameters };
      const { cursor } = values;
      const { rows, next } = audit({
        tenant: tenantOf(values.tenant, scopes.has('operator') ? null : own),
        action: values.action ?? null,
        actor: values.actor ?? null,
        fromNs: values.from ?? null,
        toNs: values.to ?? null,
        limit: values.limit,
        after: cursor === undefined ? null : cursors.open(purpose, cursor, AUDIT_POSITION),
      });
      const answer: z.output<typeof AUDIT_ANSWER> = {
        rows,
        next_cursor: next === null ? null : cursors.seal(purpose, next),
      };
      response.set('cache-control', 'no-store').json(answer);
    })
    .all(onlyMethods('GET', 'HEAD'));
  return router;
}

/** @param own null: of an operator @throws Problem scope_missing, whether or not there is such a tenant */
function tenantOf(asked: string | undefined, own: string | null): string | null {
  if (own === null) return asked ?? null;
  if (asked === undefined || asked === own) return own;
  throw new Problem('scope_missing', 'The audit log of another tenant needs the scope operator.');
}
