/**
 * One OTLP request that is sent over and over with fresh ids: encoding spans anew each time would make the sender
 * slower than what it loads. What every copy adds to the totals is worked out here, by hand.
 */
import { SpanKind } from '@opentelemetry/api';
import { encodeRequest } from '../kill/post-signal.ts';
import { makeReadable } from '../kill/readable-span.ts';

/** Sums over calls; amounts in atto-dollars. */
export interface Totals {
  spans: bigint;
  calls: bigint;
  inTokens: bigint;
  outTokens: bigint;
  costAtto: bigint;
}

/** Atto-dollars a token, from the providers' pages: $2.50 and $10, $0.50 and $1.50 a million. */
const MODELS = [
  { model: 'gpt-4o-2024-08-06', inAtto: 2_500_000_000_000n, outAtto: 10_000_000_000_000n },
  { model: 'gpt-3.5-turbo-0125', inAtto: 500_000_000_000n, outAtto: 1_500_000_000_000n },
];
/** A trace is a request of the application and the calls it makes. */
const SPANS_PER_TRACE = 8;
/** Ids are a fixed part that tells the place in the request, and the number of the request. */
const FRESH_BYTES = 6;

export class RequestTemplate {
  readonly totals: Totals = { spans: 0n, calls: 0n, inTokens: 0n, outTokens: 0n, costAtto: 0n };
  private readonly body: Buffer;
  private readonly freshAt: number[] = [];

  /** `run`: 4 random bytes in hexadecimal, so that two senders never share an id. */
  constructor(spans: number, startNs: bigint, run: string) {
    const made = Array.from({ length: spans }, (_, i) => this.span(i, startNs, run));
    this.body = Buffer.from(encodeRequest(made, 'protobuf', false).body);
    for (let i = 0; i < spans; i++) {
      this.remember(spanId(i), 8 - FRESH_BYTES);
      if (i % SPANS_PER_TRACE === 0) {
        this.remember(traceId(i, run), 16 - FRESH_BYTES);
      }
    }
  }

  /** The bytes of the n-th request; no two have an id in common. */
  request(n: number): Buffer {
    const body = Buffer.from(this.body);
    for (const at of this.freshAt) {
      body.writeUIntBE(n, at, FRESH_BYTES);
    }
    return body;
  }

  private span(i: number, runStartNs: bigint, run: string) {
    const root = i - (i % SPANS_PER_TRACE);
    const startNs = runStartNs + BigInt(i) * 1_000_000n;
    const about = { traceId: traceId(i, run), spanId: spanId(i), startNs, service: 'shop' };
    this.totals.spans++;
    if (i === root) {
      const attributes = { 'http.request.method': 'POST', 'http.route': '/ask' };
      const endNs = startNs + 2_000_000_000n;
      return makeReadable({
        ...about,
        name: 'POST /ask',
        kind: SpanKind.SERVER,
        endNs,
        attributes,
      });
    }
    const { model, inAtto, outAtto } = MODELS[i % MODELS.length]!;
    const inTokens = 100 + (i % 97);
    const outTokens = 10 + (i % 31);
    this.totals.calls++;
    this.totals.inTokens += BigInt(inTokens);
    this.totals.outTokens += BigInt(outTokens);
    this.totals.costAtto += BigInt(inTokens) * inAtto + BigInt(outTokens) * outAtto;
    return makeReadable({
      ...about,
      parentSpanId: spanId(root),
      name: `chat ${model}`,
      kind: SpanKind.CLIENT,
      endNs: startNs + 900_000_000n,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': model,
        'gen_ai.response.model': model,
        'gen_ai.usage.input_tokens': inTokens,
        'gen_ai.usage.output_tokens': outTokens,
        'user.id': `user-${i % 20}`,
        'aicost.feature': `feature-${i % 5}`,
        'server.address': 'api.openai.com',
      },
    });
  }

  /** Every place where the id stands: its own, and where children name it as their parent. */
  private remember(id: string, fixedBytes: number): void {
    const bytes = Buffer.from(id, 'hex');
    for (let at = this.body.indexOf(bytes); at !== -1; at = this.body.indexOf(bytes, at + 1)) {
      this.freshAt.push(at + fixedBytes);
    }
  }
}

function traceId(i: number, run: string): string {
  const trace = Math.floor(i / SPANS_PER_TRACE);
  return `${run}${(0xa000 + trace).toString(16)}${'e7'.repeat(4)}${'a5'.repeat(FRESH_BYTES)}`;
}

function spanId(i: number): string {
  return `${(0xb000 + i).toString(16)}${'5a'.repeat(FRESH_BYTES)}`;
}
