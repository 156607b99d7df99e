/**
 * Why a request could not be decoded, in words its sender can act on: the field's path, the place,
 * the value found and what was expected. The whole request is refused with it (400).
 */

/** What the decoder accepts of one request; the rest of the limits are per span (`refuse.ts`). */
export interface DecodeLimits {
  /** Deepest nesting of messages and groups; protobuf's own decoders stop at 100. */
  readonly depthMax: number;
  /** Spans in one request. */
  readonly spansMax: number;
  /**
   * Attributes kept of one span, resource or scope. More are counted in `AttributeList.total`, so
   * that the span can be refused without holding them.
   */
  readonly attributesMax: number;
}

export const DEFAULT_DECODE_LIMITS: DecodeLimits = {
  depthMax: 100,
  spansMax: 1_000_000,
  attributesMax: 8192,
};

export type DecodeErrorCode = 'malformed' | 'too_many_spans';

/** `path` is the field as OTLP names it, '' for the whole body; `offset` is a byte of the body. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code: DecodeErrorCode;
  readonly path: string;
  readonly offset: number | undefined;

  constructor(code: DecodeErrorCode, path: string, text: string, offset?: number) {
    const place = offset === undefined ? '' : ` (byte ${offset})`;
    super(`${path === '' ? 'request' : path}: ${text}${place}`);
    this.code = code;
    this.path = path;
    this.offset = offset;
  }
}

/** A request is decoded whole, or refused whole before its first span reached the sink. */
export type DecodeOutcome =
  | { readonly ok: true; readonly spanCount: number }
  | { readonly ok: false; readonly error: DecodeError };

/** The error for a request of more spans than the limit. */
export function tooManySpans(spanCount: number, limits: DecodeLimits): DecodeError {
  const text = `has ${spanCount} spans, at most ${limits.spansMax} are taken: send smaller batches`;
  return new DecodeError('too_many_spans', '', text);
}
