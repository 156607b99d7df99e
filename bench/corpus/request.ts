/**
 * A request of the corpus, which can be sent many times: every copy has trace, span and answer ids of its own, and all
 * that hangs together by an id in one copy number (parents, traces over several requests) hangs together in each.
 */
import { OtlpBytes, type Places } from './otlp-bytes.ts';
import type { Span } from './span.ts';

const UNIQUE_LENGTH = 8;
const DIGITS = Buffer.from('0123456789abcdef');

export interface CorpusRequest {
  /** An ExportTraceServiceRequest, uncompressed. Copy 0. */
  readonly bytes: Buffer;
  readonly spans: number;
  readonly llmSpans: number;
  /** The same request with other ids, `laterNs` later. Costs some 0.2 µs a span. */
  readonly renew: (copy: number, laterNs?: bigint) => Buffer;
}

/** Makes requests; one for a whole run, because it keeps its buffer. */
export class RequestMaker {
  private readonly encoder = new OtlpBytes();

  make(spans: readonly Span[]): CorpusRequest {
    const { bytes, places } = this.encoder.encode(spans);
    return {
      bytes,
      spans: spans.length,
      llmSpans: spans.reduce((sum, { isLlm }) => sum + (isLlm ? 1 : 0), 0),
      renew: (copy, laterNs = 0n) => renewed(bytes, places, { copy, laterNs }),
    };
  }
}

function renewed(
  original: Buffer,
  { ids, texts, times }: Places,
  { copy, laterNs }: { copy: number; laterNs: bigint },
): Buffer {
  const bytes = Buffer.from(original);
  const [first, second] = copy === 0 ? [0, 0] : [mixed(copy), mixed(copy + 0x9e3779b9)];
  for (const at of ids) {
    bytes.writeInt32LE(bytes.readInt32LE(at) ^ first, at);
    bytes.writeInt32LE(bytes.readInt32LE(at + 4) ^ second, at + 4);
  }
  for (const at of texts) renewText(bytes, at, copy);
  if (laterNs !== 0n) {
    for (const at of times) bytes.writeBigUInt64LE(bytes.readBigUInt64LE(at) + laterNs, at);
  }
  return bytes;
}

/** Equal texts stay equal within a copy. */
function renewText(bytes: Buffer, at: number, copy: number): void {
  if (copy === 0) return;
  let hash = mixed(bytes.readInt32LE(at) ^ Math.imul(bytes.readInt32LE(at + 4), 0x85ebca6b) ^ copy);
  for (let n = 0; n < UNIQUE_LENGTH; n++) {
    bytes[at + n] = DIGITS[hash & 15]!;
    hash >>>= 4;
  }
}

/** Murmur3's finalizer: another number for each. */
function mixed(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
