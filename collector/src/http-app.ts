/** The express app with everything it answers with: OTLP, the API, health, metrics, the page. */

import { randomBytes, randomUUID } from 'node:crypto';
import type { Express, Router } from 'express';
import manifest from '../package.json' with { type: 'json' };
import type { Authenticate, KeyOperations } from './access.ts';
import { adminAuditRoutes } from './api/admin-audit.ts';
import { adminImportRoutes } from './api/admin-import.ts';
import { adminJournalRoutes } from './api/admin-journal.ts';
import {
  adminLedgerRoutes,
  type BackupWork,
  type LedgerWork,
  type RepriceWork,
  type RetentionWork,
} from './api/admin-ledger.ts';
import { adminPriceRoutes } from './api/admin-prices.ts';
import { adminTenantRoutes, type ErasureOperations } from './api/admin-tenants.ts';
import { createApp } from './api/app.ts';
import { budgetsRoutes } from './api/budgets-routes.ts';
import { costsRoutes } from './api/costs-routes.ts';
import { declaredRequests } from './api/declared-requests.ts';
import { onlyMethods } from './api/errors.ts';
import { exportRoutes } from './api/export-routes.ts';
import { flamegraphRoutes } from './api/flamegraph-routes.ts';
import { liveRoutes } from './api/live-routes.ts';
import { openApiDocument, openApiRoutes } from './api/openapi.ts';
import { pricesRoutes } from './api/prices-routes.ts';
import { promptsRoutes } from './api/prompts-routes.ts';
import { webhooksRoutes } from './api/webhooks-routes.ts';
import { createBucketPrices } from './bucket-prices.ts';
import type { Config } from './config.ts';
import { createAuditLog } from './control/audit-log.ts';
import type { ControlState } from './control/control-state.ts';
import { cursorSecret } from './control/fingerprint-secret.ts';
import { forgetFirstKey } from './control/first-key.ts';
import { createKeyOperations } from './control/key-operations.ts';
import { sqlUsersOf } from './control/sql-users.ts';
import { encodeStatus } from './decode/otlp-response.ts';
import type { ImportRows } from './import-rows.ts';
import type { Journal } from './journal/journal.ts';
import type { SegmentBlocks } from './journal/pending-rows.ts';
import { setAsideOperations } from './journal/set-aside-operations.ts';
import { API_REQUEST_TIMEOUT_MS } from './limits.ts';
import type { LiveFeed } from './live-feed.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { readinessParts } from './observe.ts';
import type { OpenBudgets } from './open-budgets.ts';
import type { OpenLimits } from './open-limits.ts';
import type { Settling } from './open-ownership.ts';
import { pageRoutes, readPage } from './page/page.ts';
import { cacheRates } from './price/cache-rates.ts';
import type { OpenPrices } from './price/open-prices.ts';
import { createAnswerOtlpProblem } from './receive/otlp-problem.ts';
import type { Receivers } from './receivers.ts';
import type { Storage } from './storage.ts';
import type { WriteHealth } from './write/write-health.ts';

export interface HttpAppParts {
  config: Config;
  log: Logger;
  metrics: Metrics;
  storage: Storage;
  control: ControlState;
  prices: OpenPrices;
  journal: Journal<SegmentBlocks>;
  signalRoutes: Receivers['signalRoutes'];
  limits: OpenLimits;
  budgets: OpenBudgets;
  authenticate: Authenticate;
  collectGauges: () => Promise<void>;
  isDraining: () => boolean;
  live: LiveFeed;
  /** How writing into ClickHouse goes. */
  writing: WriteHealth;
  /** Who settles. */
  settling: () => Settling;
  /** Settles now, for `/api/v1/admin/settle`. */
  settle: LedgerWork;
  /** For `/api/v1/admin/verify`, `reprice` and `retention`. */
  verify: LedgerWork;
  reprice: RepriceWork;
  retention: RetentionWork;
  backup: BackupWork;
  importRows: ImportRows;
  /** For `/api/v1/admin/tenants`. */
  erasures: ErasureOperations;
}

/** Makes the app; nothing listens yet. */
export function createHttpApp(parts: HttpAppParts): Express {
  const { config, log, metrics, storage, control, prices, journal, authenticate, isDraining } =
    parts;
  const { collectGauges } = parts;
  const { writing, settling } = parts;
  const now = () => new Date();
  const { books } = prices;
  const document = openApiDocument(manifest.version);
  const priceDeps = { authenticate, prices: prices.operations, now };
  return createApp({
    log,
    metrics,
    authenticate,
    keys: keyOperations(parts),
    reads: parts.limits.reads,
    signalRoutes: parts.signalRoutes,
    corsOrigins: config.corsOrigins ?? [],
    answerOtlpProblem: createAnswerOtlpProblem(encodeStatus),
    parts: readinessParts({ journal, storage, control, books, writing, settling, metrics }),
    collectGauges,
    declaredRequests: declaredRequests(document),
    routers: [
      ...questionRouters(parts, now),
      adminLedgerRoutes(parts),
      adminImportRoutes(parts),
      adminAuditRoutes({
        authenticate,
        audit: createAuditLog(control),
        cursorSecret: cursorSecret(control),
        now,
      }),
      adminJournalRoutes({ authenticate, setAside: setAsideOperations(journal) }),
      liveRoutes({ authenticate, live: parts.live }),
      pricesRoutes(priceDeps),
      adminPriceRoutes(priceDeps),
      adminTenantRoutes({ ...parts, tenants: parts.limits.tenants }),
      webhooksRoutes({ authenticate, webhooks: parts.budgets.webhooks }),
      openApiRoutes(document),
      pageRoutes(readPage(), onlyMethods('GET', 'HEAD')),
    ],
    isDraining,
    newRequestId: () => randomUUID(),
    now,
    nowMs: () => performance.now(),
    requestTimeoutMs: API_REQUEST_TIMEOUT_MS,
  });
}

/** The questions, each of the tenant of the key. */
function questionRouters(parts: HttpAppParts, now: () => Date): Router[] {
  const { storage, control, prices, authenticate } = parts;
  const { books } = prices;
  const asking = { store: storage.store, authenticate, now };
  return [
    costsRoutes({ ...asking, cursorSecret: cursorSecret(control) }),
    flamegraphRoutes({ ...asking, price: createBucketPrices(books) }),
    exportRoutes({ ...asking, secret: cursorSecret(control) }),
    promptsRoutes({
      ...asking,
      cachePricesOf: (tenant) => (question) => cacheRates(books.bookFor(tenant), question),
    }),
    budgetsRoutes({
      ...asking,
      budgets: parts.budgets.budgets,
      cursorSecret: cursorSecret(control),
    }),
  ];
}

function keyOperations({ config, control, storage }: HttpAppParts): KeyOperations {
  return createKeyOperations({
    state: control,
    now: () => new Date(),
    randomBytes,
    onRetired: (id) => forgetFirstKey(config.dataDir, id),
    sqlUsers: sqlUsersOf(storage.store, storage.store),
  });
}
