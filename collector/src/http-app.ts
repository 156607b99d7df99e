/** The express app with everything it answers with: OTLP, the API, health, metrics, the page. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Express } from 'express';
import manifest from '../package.json' with { type: 'json' };
import type { AcceptSignals } from './accept-signals.ts';
import type { Authenticate, KeyOperations } from './access.ts';
import { adminLedgerRoutes, type LedgerWork, type RepriceWork } from './api/admin-ledger.ts';
import { adminPriceRoutes } from './api/admin-prices.ts';
import { createApp } from './api/app.ts';
import { costsRoutes } from './api/costs-routes.ts';
import { onlyMethods } from './api/errors.ts';
import { openApiRoutes } from './api/openapi.ts';
import { pricesRoutes } from './api/prices-routes.ts';
import type { Config } from './config.ts';
import type { ControlState } from './control/control-state.ts';
import { forgetFirstKey } from './control/first-key.ts';
import { createKeyOperations } from './control/key-operations.ts';
import { encodeExportResponse, encodeStatus } from './decode/otlp-response.ts';
import type { Journal } from './journal/journal.ts';
import type { SegmentBlocks } from './journal/pending-rows.ts';
import { API_REQUEST_TIMEOUT_MS, HELD_BYTES_MAX, LISTENER_TIMEOUTS } from './limits.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { readinessParts } from './observe.ts';
import type { OwnTraces } from './own-traces.ts';
import { pageRoutes, readPage } from './page/page.ts';
import type { OpenPrices } from './price/open-prices.ts';
import { createHeldBytes } from './receive/held-bytes.ts';
import { createAnswerOtlpProblem } from './receive/otlp-problem.ts';
import { createSignalRoute } from './receive/signal-route.ts';
import { createTakeRequest, type Signal } from './receive/take-request.ts';
import type { Storage } from './storage.ts';

export interface HttpAppParts {
  config: Config;
  log: Logger;
  metrics: Metrics;
  storage: Storage;
  control: ControlState;
  prices: OpenPrices;
  journal: Journal<SegmentBlocks>;
  accept: AcceptSignals;
  authenticate: Authenticate;
  ownTraces: OwnTraces;
  collectGauges: () => Promise<void>;
  isDraining: () => boolean;
  /** Settles now, for `/api/v1/admin/settle`. */
  settle: LedgerWork;
  /** For `/api/v1/admin/verify` and `/api/v1/admin/reprice`. */
  verify: LedgerWork;
  reprice: RepriceWork;
}

/** Makes the app; nothing listens yet. */
export function createHttpApp(parts: HttpAppParts): Express {
  const { log, metrics, storage, control, prices, journal, authenticate, isDraining } = parts;
  const { collectGauges } = parts;
  const now = () => new Date();
  const { books } = prices;
  const priceDeps = { authenticate, prices: prices.operations, now };
  return createApp({
    log,
    metrics,
    authenticate,
    keys: keyOperations(parts),
    signalRoutes: signalRoutes(parts),
    answerOtlpProblem: createAnswerOtlpProblem(encodeStatus),
    parts: readinessParts({ journal, storage, control, books }),
    collectGauges,
    routers: [
      costsRoutes({ store: storage.store, authenticate, now }),
      adminLedgerRoutes(parts),
      pricesRoutes(priceDeps),
      adminPriceRoutes(priceDeps),
      openApiRoutes(manifest.version),
      pageRoutes(readPage(), onlyMethods('GET', 'HEAD')),
    ],
    isDraining,
    newRequestId: () => randomUUID(),
    now,
    nowMs: () => performance.now(),
    requestTimeoutMs: API_REQUEST_TIMEOUT_MS,
  });
}

const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics'];

function signalRoutes(parts: HttpAppParts) {
  const { config, accept, authenticate, metrics, log, ownTraces } = parts;
  const held = createHeldBytes(HELD_BYTES_MAX, (total) => {
    metrics.aicost_otlp_held_bytes.set(total);
  });
  const limits = {
    bytesMax: config.requestBytesMax,
    timeoutMs: LISTENER_TIMEOUTS.requestTimeoutMs,
  };
  const responses = { encodeStatus, encodeExportResponse };
  const take = createTakeRequest({ authenticate, accept, held, metrics, log, ownTraces });
  return Object.fromEntries(
    SIGNALS.map((signal) => [signal, createSignalRoute({ signal, take, responses, limits, held })]),
  );
}

function keyOperations({ config, control }: HttpAppParts): KeyOperations {
  return createKeyOperations({
    state: control,
    now: () => new Date(),
    randomBytes,
    onRetired: (id) => forgetFirstKey(config.dataDir, id),
  });
}
