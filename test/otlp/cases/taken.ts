/** What must be taken: full success over every transport, in every coding, and with what HTTP lets a client vary. */
import type { ConformanceCase, Signal } from '../conformance-case.ts';
import { EMPTY_ENVELOPES, GOOD, SPAN, tracesOf } from '../messages.ts';
import { HTTP, JSON_WAYS, PROTOBUF_WAYS, plain, WAYS } from '../ways.ts';

const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics'];
const message = (given: object) => ({ kind: 'message', message: given }) as const;

const ofEachSignal: readonly ConformanceCase[] = SIGNALS.flatMap((signal): ConformanceCase[] => [
  {
    name: `A good request of ${signal} is answered with success`,
    level: 'MUST',
    section: 'Full Success',
    ways: WAYS,
    request: { signal, payload: message(GOOD[signal]) },
    outcome: ['taken'],
  },
  {
    name: `The answer to a good request of ${signal} leaves partial_success unset`,
    level: 'MUST',
    section: 'Full Success',
    ways: plain(WAYS),
    request: { signal, payload: message(GOOD[signal]) },
    outcome: ['taken'],
    says: ['partial_success is unset'],
  },
  {
    name: `A request of ${signal} that carries nothing is answered with success`,
    level: 'SHOULD',
    section: 'Full Success',
    ways: WAYS,
    request: { signal, payload: message({}) },
    outcome: ['taken'],
  },
  {
    name: `Empty envelopes of ${signal} are no error`,
    level: 'SHOULD',
    section: 'Empty Telemetry Envelopes',
    ways: plain(WAYS),
    request: { signal, payload: message(EMPTY_ENVELOPES[signal]) },
    outcome: ['taken'],
  },
]);

const TRACES = { payload: message(GOOD.traces) } as const;
const BINARY = plain(HTTP).filter(({ transport }) => transport === 'http/protobuf');

/** Header variants: name, level, where, headers. */
const VARIANTS: readonly [string, ConformanceCase['level'], ConformanceCase['ways'], object][] = [
  [
    'The content type of JSON may have parameters',
    'SHOULD',
    plain(JSON_WAYS),
    { 'content-type': 'application/json; charset=utf-8' },
  ],
  [
    'The content type is compared without regard to case',
    'SHOULD',
    plain(JSON_WAYS),
    { 'content-type': 'Application/JSON' },
  ],
  [
    'The content type of protobuf is compared without regard to case',
    'SHOULD',
    BINARY,
    { 'content-type': 'Application/X-Protobuf' },
  ],
  ['The coding identity is none', 'SHOULD', plain(HTTP), { 'content-encoding': 'identity' }],
  [
    'The name of a coding is compared without regard to case',
    'SHOULD',
    HTTP.filter(({ coding }) => coding === 'gzip'),
    { 'content-encoding': 'GZIP' },
  ],
  [
    'A client may offer to take a compressed answer',
    'SHOULD',
    plain(HTTP),
    { 'accept-encoding': 'gzip' },
  ],
];

export const TAKEN: readonly ConformanceCase[] = [
  ...ofEachSignal,
  ...VARIANTS.map(
    ([name, level, ways, headers]): ConformanceCase => ({
      name,
      level,
      section: 'OTLP/HTTP Request',
      ways,
      request: { ...TRACES, headers: headers as Record<string, string> },
      outcome: ['taken'],
    }),
  ),
  {
    name: 'The answer has the content type of the request',
    level: 'MUST',
    section: 'OTLP/HTTP Response',
    ways: WAYS,
    request: TRACES,
    outcome: ['taken'],
    says: ['content type of the request'],
  },
  {
    name: 'A request of 200 spans is taken',
    level: 'MUST',
    section: 'Full Success',
    ways: WAYS,
    request: {
      payload: message(
        tracesOf(
          ...Array.from({ length: 200 }, (_, index) => ({
            ...SPAN,
            spanId: (index + 1).toString(16).padStart(16, '0'),
          })),
        ),
      ),
    },
    outcome: ['taken'],
  },
  {
    name: 'Fields that this version does not know are ignored in protobuf',
    level: 'MUST',
    section: 'Future Versions and Interoperability',
    ways: PROTOBUF_WAYS,
    // Fields 1000 to 1003: a varint, text, 32 and 64 bits.
    request: {
      payload: { kind: 'bytes', hex: 'c03e01ca3e0378797ad53e00000000d93e0000000000000000' },
    },
    outcome: ['taken'],
  },
  {
    name: 'A group that this version does not know is ignored in protobuf',
    level: 'SHOULD',
    section: 'Future Versions and Interoperability',
    ways: plain(PROTOBUF_WAYS),
    // Field 1002, with a varint in it.
    request: { payload: { kind: 'bytes', hex: 'd33e0801d43e' } },
    outcome: ['taken'],
  },
];
