/**
 * The bodies of OTLP answers, written by hand: the export responses of all signals and `google.rpc.Status` have two
 * fields each. JSON follows OTLP: lowerCamelCase, 64-bit integers as decimal strings.
 */

import { MessageWriter } from './message-writer.ts';

export type OtlpEncoding = 'protobuf' | 'json';

/** What JSON calls the count of refused records; in protobuf it is field 1 in each. */
const REJECTED_NAMES = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
} as const;

/**
 * The answer to an export request, e.g. `ExportTraceServiceResponse`. `partial_success` is set only when records were
 * refused or there is a message: OTLP reads a count of 0 with a message as a warning, and an empty one must not be
 * sent.
 */
export function encodeExportResponse(
  outcome: {
    readonly signal: keyof typeof REJECTED_NAMES;
    readonly rejected: number;
    readonly message: string;
  },
  encoding: OtlpEncoding,
): Uint8Array | string {
  const { signal, rejected, message } = outcome;
  const full = rejected === 0 && message === '';
  if (encoding === 'json') {
    if (full) return '{}';
    const partialSuccess = { [REJECTED_NAMES[signal]]: String(rejected), errorMessage: message };
    return JSON.stringify({ partialSuccess });
  }
  if (full) return new Uint8Array(0);
  const writer = new MessageWriter(message.length * 3 + 32);
  writer.varint32(0x0a);
  const mark = writer.open();
  if (rejected !== 0) {
    writer.varint32(0x08);
    writer.varint64(BigInt(rejected));
  }
  if (message !== '') {
    writer.varint32(0x12);
    writer.text(message);
  }
  writer.close(mark);
  return writer.written();
}

/** `google.rpc.Status`: `code` is a google.rpc.Code, `message` is for the developer who sent it. */
export function encodeStatus(
  code: number,
  message: string,
  encoding: OtlpEncoding,
): Uint8Array | string {
  if (encoding === 'json') return JSON.stringify({ code, message });
  const writer = new MessageWriter(message.length * 3 + 32);
  if (code !== 0) {
    writer.varint32(0x08);
    writer.varint64(BigInt(code));
  }
  if (message !== '') {
    writer.varint32(0x12);
    writer.text(message);
  }
  return writer.written();
}
