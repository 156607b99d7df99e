/**
 * Why a request could not be decoded, in words its sender can act on: the field's path, the place,
 * the value found and what was expected. The whole request is refused with it (400).
 */

/** What the decoder accepts of one request; the rest of the limits are per record (`refuse.ts`). */
export interface DecodeLimits {
  /** Deepest nesting of messages and groups; protobuf's own decoders stop at 100. */
  readonly depthMax: number;
  /** Spans, or log records, in one request. */
  readonly recordsMax: number;
  /**
   * Attributes kept of one record, resource or scope. More are counted in `AttributeList.total`, so
   * that it can be refused without holding them.
   */
  readonly attributesMax: number;
}

export const DEFAULT_DECODE_LIMITS: DecodeLimits = {
  depthMax: 100,
  recordsMax: 1_000_000,
  attributesMax: 8192,
};

export type DecodeErrorCode = 'malformed' | 'too_many_records';

/** `path` is the field as OTLP names it, '' for the whole body; `offset` is a byte of the body. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code: DecodeErrorCode;
  readonly path: string;
  readonly offset: number | undefined;
  /** Without path and place. */
  readonly text: string;

  constructor(code: DecodeErrorCode, path: string, text: string, offset?: number) {
    const place = offset === undefined ? '' : ` (byte ${offset})`;
    super(`${path === '' ? 'request' : path}: ${text}${place}`);
    this.code = code;
    this.path = path;
    this.text = text;
    this.offset = offset;
  }
}

/** A request is decoded whole, or refused whole before its first record reached the sink. */
export type DecodeOutcome =
  | { readonly ok: true; readonly recordCount: number }
  | { readonly ok: false; readonly error: DecodeError };

/** The error for a request of more records than the limit. */
export function tooManyRecords(count: number, what: string, limits: DecodeLimits): DecodeError {
  const text = `has ${count} ${what}, at most ${limits.recordsMax} are taken: send smaller batches`;
  return new DecodeError('too_many_records', '', text);
}
