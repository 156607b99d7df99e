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
/** The shortest a trace id can be written. */
const TRACE_ID_DIGITS = 32;

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
    const { bytes, valueStart, valueEnd } = this.view!.attributes;
    const length = valueEnd[session.at]! - valueStart[session.at]!;
    const own = responseId.at === -1 ? -1 : valueEnd[responseId.at]! - valueStart[responseId.at]!;
    const hasConstantId = responseId.at === -1 && responseId.text !== '';
    // Of other lengths it is neither the call's id nor its trace's, with dashes or without.
    if (length !== own && length < TRACE_ID_DIGITS && !hasConstantId) {
      return false;
    }
    const text = bytes.toString('utf8', valueStart[session.at], valueEnd[session.at]);
    return this.isFalseSession(text, this.textOf(responseId));
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
