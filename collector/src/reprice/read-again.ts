/**
 * A stored span, read again by the rules of now. What is stored is what there is: attributes are text, so that a number
 * and a text of digits look alike, and with content off what was hidden is gone.
 * Invariant: where what is stored does not suffice to read the span again, that is the answer, and no reading.
 */

import { DEFAULT_DECODE_LIMITS } from '../decode/decode-error.ts';
import { decodeTracesJson } from '../decode/decode-json.ts';
import { SpanView } from '../decode/span-view.ts';
import { AttributeKeys } from '../normalise/attribute-keys.ts';
import { AttributionReader } from '../normalise/attribution.ts';
import type { Attribution, Call } from '../normalise/call.ts';
import { DIALECTS } from '../normalise/dialects.ts';
import { isLogCall, logCallOf } from '../normalise/log-call.ts';
import { Normaliser } from '../normalise/normalise.ts';
import type { SettleSpan } from '../settle/settle-span.ts';
import { attributionFacts, losesFacts, readingFacts } from './reading-facts.ts';
import type { WholeSpan } from './received-spans.ts';
import { asText, byLook, type Render } from './stored-values.ts';

/** What a span says by the rules of now. */
export interface Reading {
  readonly call: Call | undefined;
  readonly attribution: Attribution;
}

/** Why a span cannot be read again; what it was read as stays. */
export const UNREADABLE = {
  hidden:
    'what the span was read from is not stored any more (content off, or expired): left as billed',
  types: 'attributes are kept as text, and it matters which of them were numbers: left as billed',
  failed: 'the rules of now fail on the span: left as billed',
} as const;
export type Unreadable = keyof typeof UNREADABLE;

/** Hidden when it was taken in, or since by --retention-content. */
const REDACTED = /^redacted bytes=\d+ (fingerprint=[0-9a-f]{32}|expired)$/;

export class SpanRereader {
  private readonly normaliser = new Normaliser(DIALECTS);
  private readonly view = new SpanView();
  /** The keys that anybody reads, of spans and of resources. */
  private readonly spanKeys = new AttributeKeys();
  private readonly resourceKeys = new AttributeKeys();

  constructor() {
    for (const dialect of DIALECTS) dialect.create(this.spanKeys, this.resourceKeys);
    new AttributionReader(this.spanKeys, this.resourceKeys);
  }

  /** The reading of now, where it is another; undefined where it is the stored one. */
  read(row: WholeSpan, stored: SettleSpan): Reading | Unreadable | undefined {
    const before = readingFacts(stored);
    const isSame = (reading: Reading) => readingFacts(reading) === before;
    try {
      const texts = this.normalise(row, asText, stored);
      if (isSame(texts)) return undefined;
      const typed = this.normalise(row, byLook, stored);
      if (isSame(typed)) return undefined;
      const reading = likelier(texts, typed, stored);
      if (reading === undefined) return 'types';
      return this.hidesWhatIsRead(row) && losesFacts(stored, reading) ? 'hidden' : reading;
    } catch {
      // A dialect that throws is a fault of ours, and no reason to take a charge back.
      return 'failed';
    }
  }

  private normalise(row: WholeSpan, render: Render, stored: SettleSpan): Reading {
    let reading: Reading | undefined;
    const span = (view: SpanView): void => {
      const told = this.normaliser.normalise(view);
      const isLog = stored.call !== undefined && isLogCall(stored.call);
      const call = isLog ? logCallOf(told) : told;
      const attribution = call?.attribution ?? this.normaliser.attributionOfLast();
      reading = { call, attribution };
    };
    const request = Buffer.from(requestOf(row, render));
    const outcome = decodeTracesJson(request, { span }, DEFAULT_DECODE_LIMITS, this.view);
    if (!outcome.ok) throw outcome.error;
    return reading!;
  }

  private hidesWhatIsRead(row: WholeSpan): boolean {
    return (
      hidesAny(row.attributes, this.spanKeys) ||
      hidesAny(row.resource_attributes, this.resourceKeys)
    );
  }
}

function hidesAny(pairs: Readonly<Record<string, string>>, keys: AttributeKeys): boolean {
  return Object.entries(pairs).some(([name, value]) => {
    const bytes = Buffer.from(name);
    return REDACTED.test(value) && keys.find(bytes, 0, bytes.length) !== -1;
  });
}

/** Of two readings the one that tells whom it was for as before: such names are texts of digits at times. */
function likelier(texts: Reading, typed: Reading, stored: SettleSpan): Reading | undefined {
  if (readingFacts(texts) === readingFacts(typed)) return texts;
  const whom = attributionFacts(stored);
  const fitting = [texts, typed].filter((reading) => attributionFacts(reading) === whom);
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** The span as a request in OTLP/JSON; a hidden value is there, and says nothing. */
function requestOf(row: WholeSpan, render: Render): string {
  const listOf = (pairs: Readonly<Record<string, string>>) =>
    Object.entries(pairs).map(([key, value]) => ({
      key,
      value: REDACTED.test(value) ? asText('') : render(value),
    }));
  const span = {
    traceId: row.trace_id,
    spanId: row.span_id,
    parentSpanId: row.parent_span_id,
    traceState: row.trace_state,
    name: row.name,
    kind: row.span_kind,
    startTimeUnixNano: row.start_ns,
    endTimeUnixNano: row.end_ns,
    attributes: listOf(row.attributes),
    droppedAttributesCount: row.dropped_attributes_count,
    status: { code: row.status_number },
  };
  const scope = { name: row.scope_name, version: row.scope_version };
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: listOf(row.resource_attributes) },
        scopeSpans: [{ scope, spans: [span] }],
      },
    ],
  });
}
