/**
 * The call of the span that is shown right now, in one object that is filled again for each span: its counts are
 * numbers, and its texts stay in the span's bytes until somebody wants them. Nothing of it may be kept; `toCall` gives
 * what may.
 */
import type { SpanView } from '../../decode/span-view.ts';
import { TextMemo } from '../../decode/text-memo.ts';
import type { AttributeReader } from '../attribute-reader.ts';
import { isFalseSession, withoutFalseSession } from '../attribution.ts';
import { type Attribution, type Call, type CallContext, NOBODY, type Role } from '../call.ts';
import { traceIdOf } from '../finish-call.ts';
import { NOT_TOLD, noCounts } from '../usage/counts.ts';
import { DisjointCounts } from '../usage/disjoint-counts.ts';
import { callOf } from './call-of-template.ts';
import { ATTRIBUTION_NAMES, type CallTemplate, type PassedText } from './call-template.ts';

const SESSION = ATTRIBUTION_NAMES.indexOf('session');
/** A trace id as text, which may have dashes between. */
const TRACE_ID_DIGITS = 32;
const DASH = 0x2d;
/** Of each character code that is a hexadecimal digit its value, and 255 of others. */
const HEX_VALUES = new Uint8Array(256).fill(255);
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  HEX_VALUES[digit.charCodeAt(0)] = value;
  HEX_VALUES[digit.toUpperCase().charCodeAt(0)] = value;
}

export class SpanCall {
  /** What the span has in common with others; undefined where its dialect had to read it. */
  template: CallTemplate | undefined;
  /** The usage of a call with a template; `hasUsage` says whether any was told. */
  readonly usage = new DisjointCounts();
  hasUsage = false;
  private view: SpanView | undefined;
  private call: Call | undefined;
  private sampling: string | undefined;
  private readonly counts = noCounts();
  private readonly texts = new TextMemo();
  private readonly span: AttributeReader;
  private readonly resource: AttributeReader;

  constructor(span: AttributeReader, resource: AttributeReader) {
    this.span = span;
    this.resource = resource;
  }

  /** Takes a call as a dialect read it. */
  take(call: Call): void {
    this.template = undefined;
    this.call = call;
  }

  /** Takes what the template says of a span; false where its counts contradict themselves. */
  fill(template: CallTemplate, view: SpanView, sampling: string | undefined): boolean {
    this.template = template;
    this.view = view;
    this.sampling = sampling;
    this.call = undefined;
    const { counts: pairs } = template;
    this.hasUsage = pairs.length > 0;
    if (!this.hasUsage) {
      return true;
    }
    const { counts, usage } = this;
    const { number } = view.attributes;
    for (let i = 0; i < pairs.length; i += 2) {
      counts[pairs[i]!] = number[pairs[i + 1]!]!;
    }
    const contradiction = usage.fill(counts, template.provider, template.inclusion);
    // Between calls no count is told: a few are taken back here, instead of all of them before.
    for (let i = 0; i < pairs.length; i += 2) {
      counts[pairs[i]!] = NOT_TOLD;
    }
    return contradiction === '' && usage.hasBuckets;
  }

  get role(): Role {
    return this.template === undefined ? this.call!.role : this.template.role;
  }

  /** The context of a call with a template. */
  get context(): CallContext {
    const { context } = this.template!;
    return this.sampling === undefined ? context : { ...context, sampling: this.sampling };
  }

  /** The tags of a call with a template. */
  get tags(): Attribution['tags'] {
    return this.span.tags();
  }

  /** A text of a call with a template. */
  textOf({ text, at, resourceKeys }: PassedText): string {
    if (at >= 0) {
      const { bytes, valueStart, valueEnd } = this.view!.attributes;
      return this.texts.textOf(bytes, valueStart[at]!, valueEnd[at]!);
    }
    return resourceKeys === undefined ? text : (this.resource.firstText(resourceKeys) ?? '');
  }

  /** Whether the session of a call with a template groups nothing (attribution.ts). */
  get hasFalseSession(): boolean {
    const { attribution, responseId } = this.template!;
    const session = attribution[SESSION]!;
    if (session.at === -1) {
      return this.isFalseSession(this.textOf(session), this.textOf(responseId));
    }
    const { bytes, data, valueStart, valueEnd } = this.view!.attributes;
    const start = valueStart[session.at]!;
    const end = valueEnd[session.at]!;
    if (responseId.at === -1 && responseId.text !== '') {
      return this.isFalseSession(bytes.toString('utf8', start, end), responseId.text);
    }
    const length = end - start;
    const idStart = responseId.at < 0 ? 0 : valueStart[responseId.at]!;
    const idLength = responseId.at < 0 ? 0 : valueEnd[responseId.at]! - idStart;
    const isOwnId = length > 0 && length === idLength && isSameRange(data, start, idStart, length);
    return isOwnId || this.isTraceId(start, end);
  }

  /** Whether the text in [start, end) is the trace's id in digits of either case, with dashes or without. */
  private isTraceId(start: number, end: number): boolean {
    const { bytes, traceIdStart } = this.view!;
    if (end - start < TRACE_ID_DIGITS) {
      return false;
    }
    let digits = 0;
    for (let i = start; i < end; i++) {
      const code = bytes[i]!;
      if (code !== DASH) {
        const byte = bytes[traceIdStart + (digits >> 1)]!;
        const digit = digits % 2 === 0 ? byte >>> 4 : byte & 15;
        if (HEX_VALUES[code] !== digit || digits === TRACE_ID_DIGITS) {
          return false;
        }
        digits++;
      }
    }
    return digits === TRACE_ID_DIGITS;
  }

  /** The call as an object of its own. */
  toCall(): Call {
    this.call ??= this.makeCall(this.template!, this.view!);
    return this.call;
  }

  private makeCall(template: CallTemplate, view: SpanView): Call {
    // No other span has it again: remembering it would only push out those that come again.
    const { at } = template.responseId;
    const responseId = at >= 0 ? view.attributes.valueText(at)! : this.textOf(template.responseId);
    return callOf(template, {
      usage: this.hasUsage ? this.usage : undefined,
      responseId,
      context: this.context,
      attribution: withoutFalseSession(this.attributionOf(template), {
        responseId,
        traceId: traceIdOf(view),
      }),
    });
  }

  private isFalseSession(session: string, responseId: string): boolean {
    return isFalseSession(session, { responseId, traceId: traceIdOf(this.view!) });
  }

  private attributionOf({ attribution }: CallTemplate): Attribution {
    const found: Attribution = { ...NOBODY, tags: this.tags };
    for (const [i, name] of ATTRIBUTION_NAMES.entries()) {
      found[name] = this.textOf(attribution[i]!);
    }
    return found;
  }
}

/** Whether two ranges hold the same `length` bytes. */
function isSameRange(data: DataView, start: number, otherStart: number, length: number): boolean {
  for (let i = 0; i < length; i++) {
    if (data.getUint8(start + i) !== data.getUint8(otherStart + i)) {
      return false;
    }
  }
  return true;
}
