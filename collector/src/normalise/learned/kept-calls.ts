/**
 * The calls of one request, kept until its end without an object each: what a call shares with others is in its
 * template, its counts are numbers, and its texts are places in the request's bytes. A call of no template is kept as
 * the object that it is.
 */
import { TOKEN_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { SpanView } from '../../decode/span-view.ts';
import { type Attribution, type Call, type CallContext, NOBODY, type Semantics } from '../call.ts';
import { DisjointCounts } from '../usage/disjoint-counts.ts';
import { callOf } from './call-of-template.ts';
import { ATTRIBUTION_NAMES, type CallTemplate, type PassedText } from './call-template.ts';
import type { SpanCall } from './span-call.ts';

/** The passed texts of a call by number: those of ATTRIBUTION_NAMES, then the response id. */
export const RESPONSE_ID = ATTRIBUTION_NAMES.length;
const TEXTS = RESPONSE_ID + 1;
const SESSION = ATTRIBUTION_NAMES.indexOf('session');
const BUCKETS = TOKEN_BUCKETS.length;

/** By the number of the text. */
type ResourceTexts = ReadonlyMap<number, string>;

export class KeptCalls {
  count = 0;
  /** The request's bytes: where the texts stand. */
  bytes: Buffer = Buffer.alloc(0);
  data = new DataView(this.bytes.buffer, 0, 0);
  readonly templates: (CallTemplate | undefined)[] = [];
  /** How each call's usage was read; '' without usage. */
  readonly semantics: (Semantics | '')[] = [];
  readonly evidence: string[] = [];
  readonly contexts: CallContext[] = [];
  readonly tags: Attribution['tags'][] = [];
  private readonly objects: (Call | undefined)[] = [];
  /** By call: its texts that are the resource's, which the span's bytes do not hold. */
  private readonly resourceTexts: (ResourceTexts | undefined)[] = [];
  /** Those of the resource that is shown, by what calls of a kind share. */
  private readonly textsOfKind = new Map<CallTemplate, ResourceTexts>();
  private resource = -1;
  private capacity: number;
  private buckets: Float64Array;
  private alternatives: Float64Array | undefined;
  private inputTokens: Float64Array;
  private outputTokens: Float64Array;
  private hasUsages: Uint8Array;
  private hasAlternatives: Uint8Array;
  /** Where each passed text begins and ends; both -1 for one that stands nowhere in the bytes. */
  private ranges: Int32Array;

  /** `capacity` is how many are expected. */
  constructor(capacity: number) {
    this.capacity = Math.max(8, capacity);
    this.buckets = new Float64Array(this.capacity * BUCKETS);
    this.inputTokens = new Float64Array(this.capacity);
    this.outputTokens = new Float64Array(this.capacity);
    this.hasUsages = new Uint8Array(this.capacity);
    this.hasAlternatives = new Uint8Array(this.capacity);
    this.ranges = new Int32Array(this.capacity * TEXTS * 2);
  }

  /** Keeps the call of the span that is shown; gives its number. */
  keep(call: SpanCall, view: SpanView): number {
    const { template } = call;
    if (this.count === this.capacity) this.grow();
    this.bytes = view.bytes;
    this.data = view.data;
    this.templates.push(template);
    if (template === undefined) {
      const object = call.toCall();
      this.objects[this.count] = object;
      this.resourceTexts.push(undefined);
      this.semantics.push('');
      this.evidence.push('');
      this.contexts.push(object.context);
      this.tags.push(object.attribution.tags);
    } else {
      this.keepUsage(call);
      this.contexts.push(call.context);
      this.tags.push(call.tags);
      this.keepTexts(call, template, view);
    }
    return this.count++;
  }

  private keepUsage({ hasUsage, usage }: SpanCall): void {
    const n = this.count;
    this.hasUsages[n] = hasUsage ? 1 : 0;
    this.hasAlternatives[n] = hasUsage && usage.hasAlternative ? 1 : 0;
    this.semantics.push(hasUsage ? usage.semantics : '');
    this.evidence.push(hasUsage ? usage.evidence : '');
    this.inputTokens[n] = usage.inputTokens;
    this.outputTokens[n] = usage.outputTokens;
    const at = n * BUCKETS;
    for (let i = 0; i < BUCKETS; i++) {
      this.buckets[at + i] = usage.buckets[i]!;
    }
    if (this.hasAlternatives[n] === 1) {
      this.alternatives ??= new Float64Array(this.capacity * BUCKETS);
      this.alternatives.set(usage.alternative, at);
    }
  }

  private keepTexts(call: SpanCall, template: CallTemplate, view: SpanView): void {
    const at = this.count * TEXTS * 2;
    const { ranges } = this;
    const { positions } = template;
    const { valueStart, valueEnd } = view.attributes;
    for (let i = 0; i < TEXTS; i++) {
      const position = positions[i]!;
      ranges[at + 2 * i] = position < 0 ? -1 : valueStart[position]!;
      ranges[at + 2 * i + 1] = position < 0 ? -1 : valueEnd[position]!;
    }
    this.resourceTexts.push(this.textsOfResource(call, template, view));
    // An empty range of the bytes is a text too, and goes before one of the resource.
    if (call.hasFalseSession) ranges[at + 2 * SESSION] = ranges[at + 2 * SESSION + 1] = 0;
  }

  private textsOfResource(
    call: SpanCall,
    template: CallTemplate,
    { resource: { generation } }: SpanView,
  ): ResourceTexts | undefined {
    const { ofResource } = template;
    if (ofResource.length === 0) return undefined;
    if (generation !== this.resource) {
      this.resource = generation;
      this.textsOfKind.clear();
    }
    let texts = this.textsOfKind.get(template);
    if (texts === undefined) {
      const textOf = (i: number) => call.textOf(textOfTemplate(template, i));
      texts = new Map(ofResource.map((i) => [i, textOf(i)]));
      this.textsOfKind.set(template, texts);
    }
    return texts;
  }

  /** Whether call n told usage; its buckets say something only then. */
  hasUsage(n: number): boolean {
    return this.hasUsages[n] === 1;
  }

  /** A token bucket of call n, in the order of TOKEN_BUCKETS; below 0 is absent. */
  bucket(n: number, at: number): number {
    return this.buckets[n * BUCKETS + at]!;
  }

  /** The inclusive total of call n; below 0 is not told. */
  input(n: number): number {
    return this.inputTokens[n]!;
  }

  /** Where text i of call n begins in the bytes; -1: it stands nowhere there. */
  start(n: number, i: number): number {
    return this.ranges[(n * TEXTS + i) * 2]!;
  }

  end(n: number, i: number): number {
    return this.ranges[(n * TEXTS + i) * 2 + 1]!;
  }

  /** A passed text of call n that stands nowhere in the bytes. */
  constant(n: number, i: number): string {
    return this.resourceTexts[n]?.get(i) ?? textOfTemplate(this.templates[n]!, i).text;
  }

  text(n: number, i: number): string {
    const start = this.start(n, i);
    return start < 0 ? this.constant(n, i) : this.bytes.toString('utf8', start, this.end(n, i));
  }

  attribution(n: number): Attribution {
    const object = this.objects[n];
    if (object !== undefined) return object.attribution;
    const found: Attribution = { ...NOBODY, tags: this.tags[n]! };
    for (const [i, name] of ATTRIBUTION_NAMES.entries()) {
      found[name] = this.text(n, i);
    }
    return found;
  }

  /** Call n as an object of its own. */
  call(n: number): Call {
    const object = this.objects[n];
    if (object !== undefined) return object;
    const call = callOf(this.templates[n]!, {
      usage: this.hasUsage(n) ? this.usage(n) : undefined,
      responseId: this.text(n, RESPONSE_ID),
      context: this.contexts[n]!,
      attribution: this.attribution(n),
    });
    this.objects[n] = call;
    return call;
  }

  private usage(n: number): DisjointCounts {
    const usage = new DisjointCounts();
    const at = n * BUCKETS;
    usage.buckets.set(this.buckets.subarray(at, at + BUCKETS));
    usage.hasAlternative = this.hasAlternatives[n] === 1;
    if (usage.hasAlternative) {
      usage.alternative.set(this.alternatives!.subarray(at, at + BUCKETS));
    }
    usage.hasBuckets = true;
    usage.inputTokens = this.inputTokens[n]!;
    usage.outputTokens = this.outputTokens[n]!;
    usage.semantics = this.semantics[n] || 'unknown';
    usage.evidence = this.evidence[n]!;
    return usage;
  }

  private grow(): void {
    this.capacity *= 2;
    const { capacity } = this;
    this.buckets = grown(this.buckets, new Float64Array(capacity * BUCKETS));
    if (this.alternatives !== undefined) {
      this.alternatives = grown(this.alternatives, new Float64Array(capacity * BUCKETS));
    }
    this.inputTokens = grown(this.inputTokens, new Float64Array(capacity));
    this.outputTokens = grown(this.outputTokens, new Float64Array(capacity));
    this.hasUsages = grown(this.hasUsages, new Uint8Array(capacity));
    this.hasAlternatives = grown(this.hasAlternatives, new Uint8Array(capacity));
    this.ranges = grown(this.ranges, new Int32Array(capacity * TEXTS * 2));
  }
}

function textOfTemplate({ attribution, responseId }: CallTemplate, i: number): PassedText {
  return i === RESPONSE_ID ? responseId : attribution[i]!;
}

function grown<A extends Float64Array | Int32Array | Uint8Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
