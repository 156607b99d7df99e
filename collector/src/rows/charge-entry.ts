/** The first entry of a leaf: its charge, as its own span tells it. */
import type { SpanView } from '../decode/span-view.ts';
import type { Call } from '../normalise/call.ts';
import type { Charge } from '../price/charge-call.ts';
import { evidenceOf, factsOf, type LedgerEntry } from './ledger-entry.ts';

/** What an entry needs besides the call and its charge. */
export interface ChargeRowContext {
  tenant: string;
  service: string;
  environment: string;
  recordedAtNs: bigint;
  rulesVersion: string;
  /** 16 random bytes. */
  entryId: Uint8Array;
  overLimit: number;
}

/** `calls` is 1; an amount that is unknown is absent, and then `unpricedCalls` is 1 and the charge tells the reason. */
export function chargeEntry(
  view: SpanView,
  { call, charge }: { call: Call; charge: Charge },
  context: ChargeRowContext,
): LedgerEntry {
  const { tenant, service, environment, recordedAtNs, rulesVersion, entryId, overLimit } = context;
  return {
    ...factsOf(call, {
      tenant,
      service,
      environment,
      startNs: view.startTimeUnixNano,
      traceId: view.hex(view.traceIdStart, view.traceIdEnd),
      spanId: view.hex(view.spanIdStart, view.spanIdEnd),
    }),
    evidence: evidenceOf(call.usage?.evidence ?? '', charge),
    entryId,
    kind: 'charge',
    reverses: undefined,
    recordedAtNs,
    calls: 1n,
    unpricedCalls: charge.costAtto === undefined ? 1n : 0n,
    usage: call.usage?.buckets ?? {},
    charge,
    rulesVersion,
    overLimit,
    note: '',
  };
}
