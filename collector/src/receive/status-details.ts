// The google.rpc.Status of a problem, with the details that OTLP 1.11 asks for: RetryInfo where a resend may succeed
// ("Throttling"), BadRequest where the data is wrong ("Bad Data"). The same message goes out over HTTP and gRPC.
import type { Problem } from '../problems.ts';
import type { EncodeStatus, OtlpEncoding } from './otlp-problem.ts';

const TYPE_URL = 'type.googleapis.com/google.rpc.';
const INVALID_ARGUMENT = 3;

interface Detail {
  readonly type: 'RetryInfo' | 'BadRequest';
  readonly json: object;
  readonly protobuf: Buffer;
}

/** What the Status says: the code on this transport, and of the message as much as there is room for. */
export interface ToldProblem {
  readonly problem: Problem;
  readonly code: number;
  readonly message: string;
}

export function problemStatus(
  told: ToldProblem,
  encodeStatus: EncodeStatus,
  encoding: OtlpEncoding,
): Uint8Array | string {
  const status = encodeStatus(told.code, told.message, encoding);
  const detail = retryInfo(told.problem) ?? badRequest(told);
  if (detail === undefined) return status;
  const type = TYPE_URL + detail.type;
  if (typeof status === 'string') {
    return JSON.stringify({
      ...JSON.parse(status),
      details: [{ '@type': type, ...detail.json }],
    });
  }
  // Field 3 of Status is a list of Any{type_url, value}; appended, it is as if it had been written with the rest.
  const any = Buffer.concat([field(0x0a, Buffer.from(type)), field(0x12, detail.protobuf)]);
  return Buffer.concat([status, field(0x1a, any)]);
}

/** RetryInfo{retry_delay: Duration{seconds}}. */
function retryInfo({ spec, headers }: Problem): Detail | undefined {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  if (!spec.retryable || !Number.isSafeInteger(seconds)) return undefined;
  const duration = Buffer.concat([Buffer.of(0x08), varint(seconds)]);
  return {
    type: 'RetryInfo',
    json: { retryDelay: `${seconds}s` },
    protobuf: field(0x0a, duration),
  };
}

/** BadRequest{field_violations: [{description}]}: the message names the field, where there is one. */
function badRequest({ code, message }: ToldProblem): Detail | undefined {
  if (code !== INVALID_ARGUMENT) return undefined;
  return {
    type: 'BadRequest',
    json: { fieldViolations: [{ description: message }] },
    protobuf: field(0x0a, field(0x12, Buffer.from(message))),
  };
}

const field = (tag: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.of(tag), varint(content.length), content]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
