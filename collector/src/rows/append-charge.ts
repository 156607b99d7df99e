/** The charge of one leaf → one row of the entry block. */
import type { SpanView } from '../decode/span-view.ts';
import type { Call } from '../normalise/call.ts';
import type { Charge } from '../price/charge-call.ts';
import { appendEntry } from './append-entry.ts';
import { type ChargeRowContext, chargeEntry } from './charge-entry.ts';
import type { EntryBlock } from './entry-block.ts';

export function appendCharge(
  block: EntryBlock,
  view: SpanView,
  charged: { call: Call; charge: Charge },
  context: ChargeRowContext,
): void {
  appendEntry(block, chargeEntry(view, charged, context));
}
