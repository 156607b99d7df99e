/** An entry that is written without an object is, byte for byte, that of the entry as an object. */
import { expect, it } from 'vitest';
import { decodeTracesJson } from '../decode/decode-json.ts';
import { SpanView } from '../decode/span-view.ts';
import { DIALECTS } from '../normalise/dialects.ts';
import { listFixtures } from '../normalise/fixture.ts';
import { Normaliser } from '../normalise/normalise.ts';
import { chargeKind } from '../price/charge-kind.ts';
import { loadPriceBook } from '../price/load-book.ts';
import { appendEntry } from '../rows/append-entry.ts';
import { appendKnownCharge } from '../rows/append-known-charge.ts';
import { CardinalityGuard } from '../rows/cardinality-guard.ts';
import { createEntryBlock } from '../rows/entry-block.ts';
import type { LandingRows } from './decide-trace.ts';
import { listTraceCases } from './fixture.ts';
import { OpenTraces } from './open-traces.ts';
import { RequestTraces } from './request-traces.ts';

const BOOK = loadPriceBook();

it('for every fixture of every dialect, and every trace of the matrix', () => {
  const [known, plain] = [createEntryBlock(), createEntryBlock()];
  const normaliser = new Normaliser(DIALECTS);
  const view = new SpanView();
  const blocks = { span: { columns: { resolved_spans: { set: () => undefined } } }, entry: known };
  const days: LandingRows[] = [];
  const rowsFor = (day: number): LandingRows => {
    days[day] ??= { day, blocks } as unknown as LandingRows;
    return days[day];
  };
  const open = new OpenTraces({ idleMsMax: 60_000 });
  let withoutObject = 0;
  const traces = new RequestTraces({
    journal: { rowsFor },
    open,
    guard: new CardinalityGuard(3),
    bookFor: () => BOOK,
    mayReverse: true,
    nowMs: () => 1_787_300_000_000,
    append: (_block, entry) => {
      appendEntry(known, entry);
      appendEntry(plain, entry);
    },
    appendKnown: (_block, row, asEntry) => {
      withoutObject++;
      appendKnownCharge(known, row);
      const entry = asEntry();
      expect(entry.overLimit).toBe(row.overLimit);
      appendEntry(plain, entry);
    },
    onFault: (error) => {
      throw error;
    },
  });
  const requests = [...listFixtures(), ...listTraceCases()].map(({ request }) => request);
  for (const request of requests) {
    traces.begin('default');
    const outcome = decodeTracesJson(
      request,
      {
        span: (seen) => {
          const call = normaliser.read(seen);
          traces.add(seen, {
            pending: rowsFor(seen.startDay),
            row: 0,
            isChanged: false,
            attribution: call === undefined ? normaliser.attributionOfLast() : undefined,
            ...normaliser.resource,
            call,
            charge: call?.role === 'leaf' ? chargeKind(BOOK, call, seen) : undefined,
          });
        },
      },
      undefined,
      view,
    );
    if (!outcome.ok) throw outcome.error;
    traces.settled(traces.finish(), true);
    // Fixtures share ids: what one brought is not of the next one's traces.
    open.releaseAll();
  }
  expect(known.take().equals(plain.take())).toBe(true);
  expect(withoutObject).toBeGreaterThan(50);
}, 60_000);
