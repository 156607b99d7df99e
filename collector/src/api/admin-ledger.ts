/**
 * `/api/v1/admin/settle`, `verify`, `reprice`, `retention`, `backup`: work on the whole ledger, for operators, with its
 * progress as NDJSON.
 */
import { parseInstant } from '@ai-cost-profiler/queries/range.ts';
import { type RequestHandler, Router } from 'express';
import { z } from 'zod';
import type { Authenticate } from '../access.ts';
import type { Logger } from '../log.ts';
import { Problem } from '../problems.ts';
import { onlyMethods } from './errors.ts';
import { answerLongWork, type LongWork } from './ndjson.ts';
import { jsonBody, readBody } from './read-body.ts';

type Show = (progress: object) => void;

/** Work on the ledger: resolves with what it did, in the names of the API. */
export type LedgerWork = (show: Show, signal: AbortSignal) => Promise<object>;

/** Calls that started in [fromNs, toNs), nanoseconds since 1970; of one tenant, or of all. */
export interface RepriceAsked {
  readonly fromNs: bigint;
  readonly toNs: bigint;
  readonly tenant: string | undefined;
  readonly dryRun: boolean;
  /** Reads the stored spans again, and not only at the book of now. */
  readonly rules: boolean;
}

export type RepriceWork = (asked: RepriceAsked, show: Show) => Promise<object>;

export type RetentionWork = (asked: { readonly dryRun: boolean }, show: Show) => Promise<object>;

/** A backup into an empty directory; `clickhouseTo` is where a server puts its tables. */
export interface BackupAsked {
  readonly to: string;
  readonly clickhouseTo: string | undefined;
}

/** Refuses what cannot be, then gives the work. */
export type BackupWork = (asked: BackupAsked) => Promise<LedgerWork>;

export interface AdminLedgerDeps {
  readonly authenticate: Authenticate;
  readonly log: Logger;
  /** Settles everything now, idle or not. */
  readonly settle: LedgerWork;
  /** Compares spans, ledger and rollups. */
  readonly verify: LedgerWork;
  readonly reprice: RepriceWork;
  /** Lets expire what is due. */
  readonly retention: RetentionWork;
  readonly backup: BackupWork;
}

const BODY_BYTES_MAX = 64 * 1024;
const NS_PER_MS = 1_000_000n;

/** The body of `POST /api/v1/admin/reprice`. */
export const REPRICE_BODY = z.strictObject({
  from: z.string().describe('Calls that started at or after: RFC 3339, now, or now-<n>[mhdw].'),
  to: z.string().describe('Calls that started before.'),
  tenant: z.string().min(1).optional().describe('Of this tenant only.'),
  rules: z
    .boolean()
    .default(false)
    .describe(
      'Read the stored spans of these calls again, by the rules of now (dialects and roles), and not only at the price book of now. Traces that reach into the range are looked at whole.',
    ),
  dry_run: z.boolean().default(false).describe('Show the difference, and append nothing.'),
});

/** The body of `POST /api/v1/admin/retention`. */
export const RETENTION_BODY = z.strictObject({
  dry_run: z.boolean().default(false).describe('Show what is due, and let nothing expire.'),
});

/** The body of `POST /api/v1/admin/backup`. */
export const BACKUP_BODY = z.strictObject({
  to: z
    .string()
    .startsWith('/', 'expected an absolute path')
    .refine((path) => !path.includes('\0'), 'expected a path without NUL')
    .describe('A directory on the machine of the collector, absent or empty; an absolute path.'),
  clickhouse_to: z
    .string()
    .optional()
    .describe(
      'With a ClickHouse server, where it puts its tables: disk:<name>/<path> or s3:<named collection>/<path>.',
    ),
});

export type RepriceBody = z.output<typeof REPRICE_BODY>;

/** The routes, with their whole paths. */
export function adminLedgerRoutes(deps: AdminLedgerDeps): Router {
  const router = Router();
  const answer = (run: LongWork['run'], response: Parameters<RequestHandler>[1]) =>
    answerLongWork(response, { run, log: deps.log });
  // The key is checked before the body is read.
  const operator: RequestHandler = (request, _response, next) => {
    deps.authenticate(request.headers, ['operator']);
    next();
  };
  router
    .route('/api/v1/admin/settle')
    .post(operator, (_request, response) => answer(deps.settle, response))
    .all(onlyMethods('POST'));
  router
    .route('/api/v1/admin/verify')
    .post(operator, (_request, response) => answer(deps.verify, response))
    .all(onlyMethods('POST'));
  router
    .route('/api/v1/admin/reprice')
    .post(operator, jsonBody(BODY_BYTES_MAX), (request, response) => {
      const asked = readReprice(readBody(REPRICE_BODY, request), new Date());
      return answer((show) => deps.reprice(asked, show), response);
    })
    .all(onlyMethods('POST'));
  router
    .route('/api/v1/admin/retention')
    .post(operator, jsonBody(BODY_BYTES_MAX), (request, response) => {
      const { dry_run: dryRun } = readBody(RETENTION_BODY, request);
      return answer((show) => deps.retention({ dryRun }, show), response);
    })
    .all(onlyMethods('POST'));
  router
    .route('/api/v1/admin/backup')
    .post(operator, jsonBody(BODY_BYTES_MAX), async (request, response) => {
      const { to, clickhouse_to: clickhouseTo } = readBody(BACKUP_BODY, request);
      const run = await deps.backup({ to, clickhouseTo });
      await answer(run, response);
    })
    .all(onlyMethods('POST'));
  return router;
}

/** @throws Problem parameter_invalid */
export function readReprice(body: RepriceBody, now: Date): RepriceAsked {
  const { from, to, tenant, rules, dry_run: dryRun } = body;
  const nowNs = BigInt(now.getTime()) * NS_PER_MS;
  const range = { fromNs: readInstant('from', from, nowNs), toNs: readInstant('to', to, nowNs) };
  if (range.toNs <= range.fromNs) {
    const detail = `to is ${JSON.stringify(to)}; expected a time after from (${from}).`;
    throw new Problem('parameter_invalid', detail);
  }
  return { ...range, tenant, rules, dryRun };
}

function readInstant(field: string, text: string, nowNs: bigint): bigint {
  try {
    return parseInstant(text, nowNs);
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw error;
    }
    const shown = JSON.stringify(text.slice(0, 100));
    const detail = `${field} is ${shown}; expected ${error.message}.`;
    throw new Problem('parameter_invalid', detail, { cause: error });
  }
}
