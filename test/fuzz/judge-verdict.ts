/** Whether an answer is right: what the reference refuses is not taken, what it takes is refused only by a limit. */
import type { Body } from './bodies.ts';
import type { Verdict } from './deliver-body.ts';

/** Where we refuse what the reference takes: what is said, and where it is documented. */
const LIMITS: readonly (readonly [RegExp, string])[] = [
  [
    /a varint must have at most ten bytes/,
    'protoc and the specification refuse it too; protobufjs skips it',
  ],
  [/may nest \d+ deep|nested too deeply/, 'DecodeLimits.depthMax, as protobuf decoders have'],
  [/at most \d+ are taken/, 'spans_per_request'],
  [/The body is larger than \d+ bytes/, 'request_bytes'],
];

/** What is wrong; undefined when all is well. */
export function judgeVerdict({ isLegal }: Body, { kind, text }: Verdict): string | undefined {
  if (kind === 'wrong') return text;
  if (kind === 'taken' && isLegal === false)
    return `taken, though the reference refuses it: ${text}`;
  const isLimit = LIMITS.some(([pattern]) => pattern.test(text));
  if (kind === 'refused' && isLegal === true && !isLimit) {
    return `refused, though the reference takes it: ${text}`;
  }
  return undefined;
}
