/**
 * `npm run test:otlp -- --http URL --grpc HOST:PORT …` (`--help` tells the rest): tries any OTLP receiver
 * against the specification. Ends with 1 when a MUST fails, with --strict also for a SHOULD.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Receiver } from './conformance-case.ts';
import { runSuite } from './run-suite.ts';
import { failedAt, showSuite, suiteAsJson } from './show-suite.ts';

const USAGE = `npm run test:otlp -- --http http://127.0.0.1:4318 --grpc 127.0.0.1:4317
  --http URL         OTLP over HTTP; left out, it is not tried
  --grpc HOST:PORT   OTLP over gRPC, or https://HOST:PORT; left out, it is not tried
  --key-file FILE    a key, sent as x-api-key (AICOST_KEY otherwise); without one, cases on keys are left out
  --limit BYTES      the receiver's limit of one request; without it, cases on sizes are left out
  --slow-after MS    how long it lets a request take; without it, cases on slow senders are left out
  --case TEXT        only cases whose name holds the text
  --strict           end with 1 for a SHOULD too
  --json             one JSON object instead of the table
`;

const { values } = parseArgs({
  options: {
    http: { type: 'string' },
    grpc: { type: 'string' },
    'key-file': { type: 'string' },
    limit: { type: 'string' },
    'slow-after': { type: 'string' },
    case: { type: 'string', default: '' },
    strict: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function stop(text: string, code: number): never {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}

function numberOf(name: 'limit' | 'slow-after'): number | null {
  const text = values[name];
  if (text === undefined) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0
    ? value
    : stop(`--${name} is "${text}"; expected a whole number of at least 1.`, 64);
}

function urlOf(name: 'http' | 'grpc'): string | null {
  const text = values[name];
  if (text === undefined) return null;
  const url = text.includes('://') ? text : `http://${text}`;
  return URL.canParse(url) ? url : stop(`--${name} is "${text}"; expected an address.`, 64);
}

if (values.help) stop(USAGE, 0);
const keyFile = values['key-file'];
const receiver: Receiver = {
  httpUrl: urlOf('http'),
  grpcUrl: urlOf('grpc'),
  key:
    keyFile === undefined
      ? process.env['AICOST_KEY'] || null
      : readFileSync(keyFile, 'utf8').trim(),
  limitBytes: numberOf('limit'),
  slowMs: numberOf('slow-after'),
};
if (receiver.httpUrl === null && receiver.grpcUrl === null) stop(USAGE, 64);

const suite = await runSuite(receiver, (name) => {
  if (!name.includes(values.case)) return false;
  if (!values.json && process.stderr.isTTY) process.stderr.write(`\r\u001b[K${name.slice(0, 100)}`);
  return true;
});
if (!values.json && process.stderr.isTTY) process.stderr.write('\r\u001b[K');
const text = values.json ? `${JSON.stringify(suiteAsJson(suite))}\n` : showSuite(suite);
const isFailed =
  failedAt(suite, 'MUST').length > 0 || (values.strict && failedAt(suite, 'SHOULD').length > 0);
process.exitCode = isFailed ? 1 : 0;
process.stdout.write(text);
