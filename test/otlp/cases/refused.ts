/** What must be refused, and how: bad data, keys, content types, codings, paths, methods. */
import type { ConformanceCase, RequestData, SayingName } from '../conformance-case.ts';
import { GOOD, SPAN, tracesOf } from '../messages.ts';
import { COMPRESSED, GRPC, HTTP, PROTOBUF_WAYS, plain, WAYS } from '../ways.ts';

const TRACES: RequestData = { payload: { kind: 'message', message: GOOD.traces } };
/** A length that leads beyond the end: no protobuf, and no JSON. */
const GARBAGE: RequestData = { payload: { kind: 'bytes', hex: '0a7f01' } };

/** The same request, and one thing after another that its refusal says. */
function refusal(
  about: Pick<ConformanceCase, 'name' | 'section' | 'ways' | 'request' | 'outcome'>,
  says: readonly (readonly [ConformanceCase['level'], SayingName])[],
): ConformanceCase[] {
  const bare: ConformanceCase = { ...about, level: 'MUST', isHostile: true };
  return [
    bare,
    ...says.map(
      ([level, saying]): ConformanceCase => ({
        ...about,
        name: `${about.name}, and told: ${saying}`,
        level,
        ways: plain(about.ways).length > 0 ? plain(about.ways) : about.ways,
        says: [saying],
      }),
    ),
  ];
}

const A_STATUS = [
  ['MUST', 'a Status'],
  ['MUST', 'content type of the request'],
  ['SHOULD', 'a message in the Status'],
] as const;

const badData: readonly ConformanceCase[] = [
  ...refusal(
    {
      name: 'Data that cannot be decoded is refused as bad data',
      section: 'Bad Data',
      ways: WAYS,
      request: GARBAGE,
      outcome: ['bad data'],
    },
    [...A_STATUS, ['MUST', 'no RetryInfo']],
  ),
  {
    name: 'The Status of bad data holds a BadRequest',
    level: 'SHOULD',
    section: 'Bad Data',
    ways: plain(HTTP),
    request: GARBAGE,
    outcome: ['bad data'],
    says: ['a BadRequest in the Status'],
  },
  {
    name: 'Bad data is INVALID_ARGUMENT over gRPC',
    level: 'SHOULD',
    section: 'OTLP/gRPC Response, Failures',
    ways: plain(GRPC),
    request: GARBAGE,
    outcome: ['invalid argument'],
  },
  {
    name: 'A message of another wire type is bad data',
    level: 'MUST',
    section: 'Bad Data',
    ways: PROTOBUF_WAYS,
    request: { payload: { kind: 'bytes', hex: '0801ff' } },
    outcome: ['bad data'],
    isHostile: true,
  },
  {
    name: 'A span whose id has the wrong length is not passed over in silence',
    level: 'MUST',
    section: 'Partial Success',
    ways: plain(WAYS),
    request: {
      payload: { kind: 'message', message: tracesOf(SPAN, { ...SPAN, traceId: '5b8eff' }) },
    },
    outcome: ['taken in part', 'bad data'],
    says: ['one record was rejected'],
  },
  {
    name: 'A partial success says why',
    level: 'SHOULD',
    section: 'Partial Success',
    ways: plain(WAYS),
    request: {
      payload: { kind: 'message', message: tracesOf(SPAN, { ...SPAN, traceId: '5b8eff' }) },
    },
    outcome: ['taken in part', 'bad data'],
    says: ['why records were rejected'],
  },
  {
    name: 'A body that is not compressed as its header says is bad data',
    level: 'MUST',
    section: 'Bad Data',
    ways: COMPRESSED,
    request: { ...TRACES, uncompressed: true },
    outcome: ['bad data'],
    isHostile: true,
  },
  {
    name: 'A compressed body that is cut off is bad data',
    level: 'MUST',
    section: 'Bad Data',
    ways: COMPRESSED,
    request: { ...TRACES, cutToBytes: 40 },
    outcome: ['bad data'],
    isHostile: true,
  },
];

const transport: readonly ConformanceCase[] = [
  ...refusal(
    {
      name: 'Another content type is refused with 415',
      section: 'OTLP/HTTP Request',
      ways: plain(HTTP),
      request: { ...TRACES, headers: { 'content-type': 'text/plain' } },
      outcome: ['unknown content type'],
    },
    [
      ['MUST', 'a Status'],
      ['SHOULD', 'a message in the Status'],
    ].map(([level, saying]) => [level, saying] as [ConformanceCase['level'], SayingName]),
  ),
  {
    name: 'A request without a content type is refused with 415',
    level: 'MUST',
    section: 'OTLP/HTTP Request',
    ways: plain(HTTP),
    request: { ...TRACES, headers: { 'content-type': null } },
    outcome: ['unknown content type'],
  },
  {
    name: 'A call of another content type is refused with 415',
    level: 'MUST',
    section: 'gRPC over HTTP/2, Responses',
    ways: plain(GRPC),
    request: { ...TRACES, headers: { 'content-type': 'application/json' } },
    outcome: ['unknown content type'],
  },
  ...refusal(
    {
      name: 'A coding that is not known is refused',
      section: 'OTLP/HTTP Request',
      ways: WAYS.filter(({ coding }) => coding === 'gzip'),
      request: { ...TRACES, headers: { 'content-encoding': 'br', 'grpc-encoding': 'br' } },
      outcome: ['unknown coding'],
    },
    [['SHOULD', 'which codings are taken']],
  ),
  ...refusal(
    {
      name: 'A path or method that is not there is refused',
      section: 'All Other Responses',
      ways: plain(WAYS),
      request: { ...TRACES, path: '/v1/nothing/Export' },
      outcome: ['nothing there'],
    },
    [],
  ),
  ...['GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'].map(
    (method): ConformanceCase => ({
      name: `${method} is refused with 405, which names POST`,
      level: 'MUST',
      section: 'RFC 9110 §15.5.6',
      ways: plain(HTTP),
      request: { ...TRACES, method },
      outcome: ['method not allowed'],
      says: ['which methods are allowed'],
    }),
  ),
];

const keys: readonly ConformanceCase[] = (['none', 'unknown'] as const).flatMap((key) =>
  refusal(
    {
      name: key === 'none' ? 'A request without a key is refused' : 'An unknown key is refused',
      section: 'Failures',
      ways: plain(WAYS),
      request: { ...TRACES, key },
      outcome: ['no right key'],
    },
    key === 'none' ? A_STATUS : [['MUST', 'no RetryInfo']],
  ),
);

export const REFUSED: readonly ConformanceCase[] = [...badData, ...transport, ...keys];
