/** The row of a call of a known kind is, byte for byte, that of the call as an object of its own. */
import { describe, expect, it } from 'vitest';
import { decodeTracesJson } from '../decode/decode-json.ts';
import { SpanView } from '../decode/span-view.ts';
import { DIALECTS } from '../normalise/dialects.ts';
import { listFixtures } from '../normalise/fixture.ts';
import type { SpanCall } from '../normalise/learned/span-call.ts';
import { Normaliser } from '../normalise/normalise.ts';
import { appendSpan } from './append-span.ts';
import { ContentRedactor } from './redact.ts';
import { createSpanBlock } from './span-block.ts';

const redactor = new ContentRedactor({
  isContentStored: false,
  dialects: DIALECTS,
  secretOf: () => Buffer.alloc(32),
});
const where = { tenant: 'default', service: 'test', environment: '' };

/** The block of the calls of these requests, each as `shown` makes it of what was read. */
function blockOf(
  requests: readonly Buffer[],
  shown: (read: SpanCall, normaliser: Normaliser) => SpanCall,
): { block: string; known: number } {
  const normaliser = new Normaliser(DIALECTS);
  const view = new SpanView();
  const span = createSpanBlock();
  let known = 0;
  const attributionOf = () => normaliser.attributionOfLast();
  const take = (seen: SpanView) => {
    const read = normaliser.read(seen);
    if (read?.template !== undefined) known += 1;
    const call = read && shown(read, normaliser);
    appendSpan(span, seen, call, { ...where, receivedAtNs: 1n, attributionOf, redactor });
  };
  for (const request of requests) {
    const outcome = decodeTracesJson(request, { span: take }, undefined, view);
    if (!outcome.ok) throw outcome.error;
  }
  return { block: span.take().toString('latin1'), known };
}

describe('the row of a call of a known kind', () => {
  it('is that of the call as an object, for every fixture of every dialect', () => {
    const requests = listFixtures().map(({ request }) => request);
    const known = blockOf(requests, (read) => read);
    const plain = blockOf(requests, (read, normaliser) => normaliser.hold(read.toCall()));
    expect(known.block === plain.block).toBe(true);
    expect(known.known).toBeGreaterThan(200);
  }, 60_000);
});
