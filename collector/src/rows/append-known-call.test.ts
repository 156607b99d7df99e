/** The rows of a call of a known kind are, byte for byte, those of the call as an object of its own. */
import { describe, expect, it } from 'vitest';
import { decodeTracesJson } from '../decode/decode-json.ts';
import { SpanView } from '../decode/span-view.ts';
import { DIALECTS } from '../normalise/dialects.ts';
import { listFixtures } from '../normalise/fixture.ts';
import type { SpanCall } from '../normalise/learned/span-call.ts';
import { Normaliser } from '../normalise/normalise.ts';
import { chargeKind } from '../price/charge-kind.ts';
import { loadPriceBook } from '../price/load-book.ts';
import { appendCharge } from './append-charge.ts';
import { appendSpan } from './append-span.ts';
import { createEntryBlock } from './entry-block.ts';
import { ContentRedactor } from './redact.ts';
import { createSpanBlock } from './span-block.ts';

const book = loadPriceBook();
const redactor = new ContentRedactor({
  isContentStored: false,
  dialects: DIALECTS,
  secretOf: () => Buffer.alloc(32),
});
const where = { tenant: 'default', service: 'test', environment: '' };

/** Both blocks of the calls of these requests, each as `shown` makes it of what was read. */
function blocksOf(
  requests: readonly Buffer[],
  shown: (read: SpanCall, normaliser: Normaliser) => SpanCall,
): { blocks: string[]; known: number } {
  const normaliser = new Normaliser(DIALECTS);
  const view = new SpanView();
  const [span, entry] = [createSpanBlock(), createEntryBlock()];
  let known = 0;
  const attributionOf = () => normaliser.attributionOfLast();
  const take = (seen: SpanView) => {
    const read = normaliser.read(seen);
    if (read?.template !== undefined) known += 1;
    const call = read && shown(read, normaliser);
    appendSpan(span, seen, call, { ...where, receivedAtNs: 1n, attributionOf, redactor });
    if (call === undefined) return;
    const charge = chargeKind(book, call, seen);
    const entryId = Buffer.alloc(16, 7);
    const context = { ...where, recordedAtNs: 1n, rulesVersion: '1', entryId, overLimit: 0 };
    appendCharge(entry, seen, { call, charge }, context);
  };
  for (const request of requests) {
    const outcome = decodeTracesJson(request, { span: take }, undefined, view);
    if (!outcome.ok) throw outcome.error;
  }
  return { blocks: [span, entry].map((block) => block.take().toString('latin1')), known };
}

describe('the rows of a call of a known kind', () => {
  it('are those of the call as an object, for every fixture of every dialect', () => {
    const requests = listFixtures().map(({ request }) => request);
    const known = blocksOf(requests, (read) => read);
    const plain = blocksOf(requests, (read, normaliser) => normaliser.hold(read.toCall()));
    expect(known.blocks[0] === plain.blocks[0]).toBe(true);
    expect(known.blocks[1] === plain.blocks[1]).toBe(true);
    expect(known.known).toBeGreaterThan(200);
  });
});
