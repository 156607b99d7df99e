/** Calls that are not framed as gRPC asks, and what gRPC lets a client vary. */
import type { ConformanceCase, Framing } from '../conformance-case.ts';
import { GOOD } from '../messages.ts';
import { GRPC, plain } from '../ways.ts';

const TRACES = { payload: { kind: 'message', message: GOOD.traces } } as const;
const SECTION = 'gRPC over HTTP/2, Requests';

const BROKEN: readonly (readonly [string, Framing])[] = [
  ['A call without a message is refused', 'no message'],
  ['A call that ends inside the prefix of its message is refused', 'half a prefix'],
  ['A message that is shorter than it declares is refused', 'cut off'],
  ['A flag that is neither 0 nor 1 is refused', 'flag 2'],
  ['A compressed message that does not say how is refused', 'flag 1 without grpc-encoding'],
];

export const GRPC_CASES: readonly ConformanceCase[] = [
  ...BROKEN.map(
    ([name, framing]): ConformanceCase => ({
      name,
      level: 'MUST',
      section: SECTION,
      ways: plain(GRPC),
      request: { ...TRACES, framing },
      outcome: ['broken framing'],
      isHostile: true,
    }),
  ),
  {
    name: 'A second message in a unary call is refused',
    level: 'SHOULD',
    section: SECTION,
    ways: plain(GRPC),
    request: { ...TRACES, framing: 'twice' },
    outcome: ['broken framing'],
    isHostile: true,
  },
  {
    name: 'A message that declares 4 GiB is refused for its size',
    level: 'MUST',
    section: 'OTLP/gRPC Request',
    ways: plain(GRPC),
    request: { ...TRACES, framing: 'declares 4 GiB' },
    outcome: ['too large'],
    says: ['no RetryInfo'],
    isHostile: true,
  },
  {
    name: 'A message may be plain though the call names a coding',
    level: 'MUST',
    section: 'gRPC, Compression',
    ways: GRPC.filter(({ coding }) => coding === 'gzip'),
    request: { ...TRACES, uncompressed: true, framing: 'flag 0 though grpc-encoding is named' },
    outcome: ['taken'],
  },
  ...(
    [
      ['The content type may name the serialisation', { 'content-type': 'application/grpc+proto' }],
      ['A call may have a deadline', { 'grpc-timeout': '10S' }],
      ['Metadata that is not known is ignored', { 'x-new': 'a', 'x-new-bin': 'AAEC' }],
      ['A client may say which codings it takes', { 'grpc-accept-encoding': 'gzip,identity' }],
    ] as const
  ).map(
    ([name, headers]): ConformanceCase => ({
      name,
      level: 'MUST',
      section: SECTION,
      ways: plain(GRPC),
      request: { ...TRACES, headers },
      outcome: ['taken'],
    }),
  ),
];
