// `GET /api/v1/export/{spans|ledger|costs|focus}`: rows as a stream of CSV, NDJSON or Parquet, formatted by the engine.
// Invariant: a body that ended well is whole, and its trailers say how many rows it has and what its SHA-256 is; what
// fails on the way, or is not wanted any more, ends the connection and the statement behind it.
import {
  EXPORT_STATEMENT_MS_MAX,
  type OpenExport,
  openExport,
} from '@ai-cost-profiler/queries/export/export.ts';
import {
  EXPORT_TABLES,
  type ExportInput,
  type ExportName,
  readExportInput,
} from '@ai-cost-profiler/queries/export/input.ts';
import { instantOfMs } from '@ai-cost-profiler/queries/parameters.ts';
import { formatInstant } from '@ai-cost-profiler/queries/range.ts';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Authenticate } from '../access.ts';
import { unavailable } from '../problems.ts';
import { liftDeadline } from './deadline.ts';
import { onlyMethods } from './errors.ts';
import { parametersOf } from './parameters-of.ts';
import { exportStore, type ReadByteStore } from './reader-store.ts';
import { sendExport } from './send-export.ts';

export interface ExportRoutesDeps {
  readonly store: ReadByteStore;
  readonly authenticate: Authenticate;
  /** Signs resume tokens; the same for every collector of the installation. */
  readonly secret: () => Uint8Array;
  readonly now: () => Date;
}

/** Of the engine's four places for reading: an export holds one for as long as its client reads. */
const EXPORTS_MAX = 2;
/** Nobody's slow reader keeps another tenant's export waiting. */
const TENANT_EXPORTS_MAX = 1;
const RETRY_AFTER_SECONDS = 10;
/** An export goes on for long: a key that was revoked meanwhile ends it. */
const KEY_CHECK_MS = 5_000;
/** The same for both: whether others export is no tenant's business. */
const REFUSED = `As many exports are under way as there may be at once: ${TENANT_EXPORTS_MAX} of a tenant, ${EXPORTS_MAX} of all.`;

const CONTENT_TYPES = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
} as const;

/** Of the exports under way. */
class Places {
  private readonly taken = new Map<string, number>();

  /** Returns how to give it back. @throws Problem overloaded */
  take(tenant: string): () => void {
    const own = this.taken.get(tenant) ?? 0;
    const all = [...this.taken.values()].reduce((sum, count) => sum + count, 0);
    if (own >= TENANT_EXPORTS_MAX || all >= EXPORTS_MAX) {
      throw unavailable('overloaded', REFUSED, RETRY_AFTER_SECONDS);
    }
    this.taken.set(tenant, own + 1);
    return () => {
      const left = this.taken.get(tenant)! - 1;
      if (left === 0) this.taken.delete(tenant);
      else this.taken.set(tenant, left);
    };
  }
}

/** The routes, with their whole paths. */
export function exportRoutes(deps: ExportRoutesDeps): Router {
  const router = Router();
  const running = new Places();
  const takingTurns =
    (name: ExportName): RequestHandler =>
    async (request, response) => {
      const check = () => deps.authenticate(request.headers, ['read', 'operator']);
      const principal = check();
      const nowNs = instantOfMs(deps.now().getTime());
      const input = readExportInput(name, parametersOf(request), nowNs);
      const giveBack = running.take(principal.tenant);
      try {
        const reader = { tenant: principal.tenant, operator: principal.scopes.has('operator') };
        const store = exportStore(deps.store, response, EXPORT_STATEMENT_MS_MAX);
        const opened = await openExport({ store, reader, secret: deps.secret }, input);
        const nowMs = () => deps.now().getTime();
        const bytes = () => whileAllowed(opened.bytes(), { check, nowMs });
        await answer({ request, response }, { ...opened, bytes }, input);
      } finally {
        giveBack();
      }
    };
  for (const name of Object.keys(EXPORT_TABLES) as ExportName[]) {
    router.route(`/api/v1/export/${name}`).get(takingTurns(name)).all(onlyMethods('GET', 'HEAD'));
  }
  return router;
}

/** Throws what the key's check throws, once it is not right any more. */
async function* whileAllowed(
  bytes: AsyncIterable<Uint8Array>,
  { check, nowMs }: { readonly check: () => unknown; readonly nowMs: () => number },
): AsyncGenerator<Uint8Array, undefined> {
  let checkedMs = nowMs();
  for await (const chunk of bytes) {
    if (nowMs() - checkedMs >= KEY_CHECK_MS) {
      check();
      checkedMs = nowMs();
    }
    yield chunk;
  }
}

async function answer(
  { request, response }: { readonly request: Request; readonly response: Response },
  opened: OpenExport,
  input: ExportInput,
): Promise<void> {
  const headers = headersOf(opened, input);
  if (request.method === 'HEAD') {
    response.set(headers).end();
    return;
  }
  liftDeadline(response);
  const offsetBytes = input.resume?.offsetBytes ?? 0;
  await sendExport(response, opened.bytes(), { format: input.format, offsetBytes, headers });
}

function headersOf(opened: OpenExport, { name, format }: ExportInput): Record<string, string> {
  const { range, resumeToken, unpricedCalls } = opened;
  const [from, to] = [formatInstant(range.fromNs), formatInstant(range.toNs)];
  const stamp = `${from}-${to}`.replace(/[^0-9TZ.-]/g, '');
  return {
    'content-type': CONTENT_TYPES[format],
    'content-disposition': `attachment; filename="${name}-${stamp}.${format}"`,
    'cache-control': 'no-store',
    'x-export-from': from,
    'x-export-to': to,
    ...(resumeToken === null ? {} : { 'x-export-resume': resumeToken }),
    ...(unpricedCalls === null ? {} : { 'x-export-unpriced-calls': unpricedCalls }),
  };
}
