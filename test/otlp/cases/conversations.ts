/** HTTP/1 below the level of requests: connections that are kept, cut off, too slow, or not quite HTTP. */
import type { ConversationCase, Step } from '../conformance-case.ts';
import { GOOD } from '../messages.ts';

const BODY = JSON.stringify(GOOD.traces);
const send = (text: string): Step => ({ kind: 'send', text });
const withLength = (body: string): string =>
  `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const headOf = (path: string, type: string, version = '1.1'): string =>
  `POST ${path} HTTP/${version}\r\nhost: otlp\r\ncontent-type: ${type}\r\n{key}`;
const GOOD_REQUEST = `{head}${withLength(BODY)}`;
const CHUNKED = `{head}transfer-encoding: chunked\r\n\r\n`;
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const NO_KEY = 'POST /v1/traces HTTP/1.1\r\nhost: otlp\r\ncontent-type: application/json\r\n';

/** A refused request, and a good one on the same connection after it. */
const afterError = (
  what: string,
  bytes: string,
  statuses: readonly number[],
): ConversationCase => ({
  name: `A connection outlives ${what}, or is closed`,
  level: 'MUST',
  section: 'OTLP/HTTP Connection',
  steps: [send(bytes), { kind: 'await', answers: 1 }, send(GOOD_REQUEST)],
  statuses: [statuses, [200]],
  mayCloseAfter: 1,
  isHostile: true,
});

export const CONVERSATIONS: readonly ConversationCase[] = [
  {
    name: 'A connection is kept between requests',
    level: 'SHOULD',
    section: 'OTLP/HTTP Connection',
    steps: [send(GOOD_REQUEST), { kind: 'await', answers: 1 }, send(GOOD_REQUEST)],
    statuses: [[200], [200]],
    closes: false,
  },
  afterError('bad data', `{head}${withLength('{"resourceSpans":')}`, [400]),
  afterError('an unknown type', headOf('/v1/traces', 'text/plain') + withLength(BODY), [415]),
  afterError(
    'an unknown path',
    headOf('/v1/nothing', 'application/json') + withLength(BODY),
    [404],
  ),
  {
    name: 'Requests that are pipelined are answered in their order',
    level: 'SHOULD',
    section: 'RFC 9112 §9.3.2',
    steps: [send(`${GOOD_REQUEST}{head}${withLength('[]')}${GOOD_REQUEST}`)],
    statuses: [[200], [400], [200]],
    closes: false,
  },
  {
    name: 'A body may come in chunks',
    level: 'MUST',
    section: 'RFC 9112 §7.1',
    steps: [send(CHUNKED + chunk(BODY.slice(0, 9)) + chunk(BODY.slice(9)) + chunk(''))],
    statuses: [[200]],
    closes: false,
  },
  {
    name: 'A body may come in pieces',
    level: 'MUST',
    section: 'OTLP/HTTP Request',
    steps: [send(GOOD_REQUEST.slice(0, -40)), send(BODY.slice(-40, -7)), send(BODY.slice(-7))],
    statuses: [[200]],
    closes: false,
  },
  {
    name: 'A client of HTTP/1.0 is answered, and its connection closed',
    level: 'SHOULD',
    section: 'RFC 9112 §9.3',
    steps: [send(headOf('/v1/traces', 'application/json', '1.0') + withLength(BODY))],
    statuses: [[200]],
    closes: true,
  },
  {
    name: 'A client that asks first is told to go on, and then answered',
    level: 'MUST',
    section: 'RFC 9110 §10.1.1',
    steps: [
      send(`{head}expect: 100-continue\r\ncontent-length: ${Buffer.byteLength(BODY)}\r\n\r\n`),
      { kind: 'await', answers: 1 },
      send(BODY),
    ],
    statuses: [[100], [200]],
  },
  {
    name: 'A chunked body with a broken size is refused',
    level: 'MUST',
    section: 'RFC 9112 §7.1',
    steps: [send(`${CHUNKED}zz\r\n`)],
    statuses: [[400]],
    closes: true,
    isHostile: true,
  },
  {
    name: 'A request with two lengths is refused',
    level: 'MUST',
    section: 'RFC 9112 §6.3',
    steps: [send(`{head}content-length: 1\r\ncontent-length: 2\r\n\r\n12`)],
    statuses: [[400]],
    closes: true,
    isHostile: true,
  },
  {
    name: 'Headers without end are refused',
    level: 'MUST',
    section: 'RFC 9110 §5.4',
    steps: [send(`{head}x-long: ${'x'.repeat(4_000_000)}`)],
    statuses: [[431, 400]],
    mayCloseAfter: 0,
    closes: true,
    isHostile: true,
  },
  {
    name: 'What is no HTTP is refused',
    level: 'MUST',
    section: 'RFC 9112 §2.2',
    steps: [send('\u0000\u0001 hello\r\n\r\n')],
    statuses: [[400]],
    mayCloseAfter: 0,
    closes: true,
    isHostile: true,
  },
  {
    name: 'A client that goes away in the middle of its body does no harm',
    level: 'MUST',
    section: 'OTLP/HTTP Connection',
    steps: [send(GOOD_REQUEST.slice(0, -20)), { kind: 'hang up' }],
    statuses: [],
    isHostile: true,
  },
  {
    name: 'A crowd of connections that send nothing keeps nobody out',
    level: 'SHOULD',
    section: 'OTLP/HTTP Connection',
    steps: [{ kind: 'crowd', connections: 60 }, send(GOOD_REQUEST)],
    statuses: [[200]],
    isHostile: true,
  },
];

/** Only where the key is looked at before the body; a receiver without keys has none of them. */
export const KEY_CONVERSATIONS: readonly ConversationCase[] = [
  afterError('a request without a key', `${NO_KEY}${withLength(BODY)}`, [401, 403]),
  {
    name: 'A client that asks first and has no key is refused before it sends',
    level: 'SHOULD',
    section: 'RFC 9110 §10.1.1',
    steps: [send(`${NO_KEY}expect: 100-continue\r\ncontent-length: 9\r\n\r\n`)],
    statuses: [[401, 403]],
  },
];

/** Only where it is known how long the receiver lets a request take. */
export const SLOW_CONVERSATIONS: readonly ConversationCase[] = [
  {
    name: 'A body that comes too slowly is refused with 408',
    level: 'SHOULD',
    section: 'RFC 9110 §15.5.9',
    steps: [send('{head}content-length: 1000000\r\n\r\n{'), { kind: 'drip' }],
    statuses: [[408]],
    isHostile: true,
  },
  {
    name: 'A head that comes too slowly is refused with 408, or the connection closed',
    level: 'SHOULD',
    section: 'RFC 9110 §15.5.9',
    steps: [send('POST /v1/traces HTTP/1.1\r\nx: '), { kind: 'drip' }],
    statuses: [[408]],
    mayCloseAfter: 0,
    closes: true,
    isHostile: true,
  },
];
