/** The import of histories with the road of spans, the prices, the tenants and what has expired. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { Admission } from './admission.ts';
import { JsonThread } from './decode/json-thread.ts';
import type { ForwardClock } from './forward-clock.ts';
import { createImportRows } from './import-history.ts';
import type { ImportRows } from './import-rows.ts';
import { DIALECTS } from './normalise/dialects.ts';
import { Normaliser } from './normalise/normalise.ts';
import type { OpenLimits } from './open-limits.ts';
import { SpanPreview } from './preview-spans.ts';
import type { OpenPrices } from './price/open-prices.ts';
import { Problem } from './problems.ts';
import type { AcceptRequest } from './receive/take-request.ts';
import { SealedDays } from './settle/sealed-days.ts';

export interface OpenImportParts {
  readonly accept: AcceptRequest;
  readonly storage: { readonly store: Store };
  readonly prices: Pick<OpenPrices, 'books'>;
  readonly limits: Pick<OpenLimits, 'admission' | 'tenants' | 'states'>;
  readonly clock: ForwardClock;
}

export function openImport({
  accept,
  storage,
  prices,
  limits,
  clock,
}: OpenImportParts): ImportRows {
  return createImportRows({
    accept: admitted(accept, limits.admission),
    preview: new SpanPreview({ json: new JsonThread(), normaliser: new Normaliser(DIALECTS) }),
    bookFor: (tenant) => prices.books.bookFor(tenant),
    limitsOf: (tenant) => limits.admission.limitsOf(tenant),
    whyNot: (tenant) => whyNot(limits, tenant),
    sealedDays: () => SealedDays.read(storage.store),
    nowNs: () => BigInt(clock.nowMs()) * 1_000_000n,
  });
}

/** As what any sender sends: within the limits of its tenant, and waited for by who deletes one. */
function admitted(accept: AcceptRequest, admission: Admission): AcceptRequest {
  return async (tenant, bytes, encoding) => {
    admission.checkRoom();
    const pass = admission.admit(tenant, bytes.length);
    let isKept = false;
    try {
      await pass.room();
      pass.bodyRead(bytes.length);
      const outcome = await accept(tenant, bytes, encoding);
      isKept = true;
      return outcome;
    } finally {
      pass.close(isKept);
    }
  };
}

/** What a sender of the tenant would be told too: nothing comes in for one that is not there, or suspended. */
function whyNot(
  { tenants, states }: OpenImportParts['limits'],
  tenant: string,
): string | undefined {
  try {
    tenants.mustExist(tenant);
  } catch (error) {
    if (error instanceof Problem) return 'a tenant that exists (aicost tenants create makes one)';
    throw error;
  }
  const state = states.of(tenant);
  return state === undefined || state === 'active' ? undefined : `an active tenant: it is ${state}`;
}
