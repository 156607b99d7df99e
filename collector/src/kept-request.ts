/** What is the same for all spans of one request, while they are kept. */
import type { TenantId } from './access.ts';
import type { JournalUnavailable } from './journal/journal-unavailable.ts';
import type { TenantLimitName } from './limit-table.ts';
import type { RequestLimits } from './limits.ts';
import type { PriceBook } from './price/price-book.ts';

export interface KeptRequest {
  readonly signal: 'traces' | 'logs';
  tenant: TenantId;
  tenantNumber: number;
  book: PriceBook;
  nowNs: bigint;
  limits: RequestLimits;
  refusals: Map<string, number>;
  accepted: number;
  /** Calls with a cost: counted once a request. */
  priced: number;
  /** Why some of the spans could not be taken now; the others are kept. */
  unavailable: JournalUnavailable | undefined;
  /** The parts of the request that others had their turn after. */
  parts: Promise<unknown>[];
}

/** Refusals of single spans that are limits of the tenant. */
export const LIMIT_OF_REFUSAL: Readonly<Record<string, TenantLimitName>> = {
  attributes_over_limit: 'attributes_per_span',
  value_over_limit: 'attribute_value_bytes',
  name_over_limit: 'span_name_bytes',
};
