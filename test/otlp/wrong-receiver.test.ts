/** The suite can fail: a receiver with one fault fails the cases that name it, and one without passes them. */
import type { Server } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { runSuite, type SuiteResult } from './run-suite.ts';
import { type Fault, KEY, LIMIT_BYTES, startWrongReceiver } from './wrong-receiver.ts';

const BAD_DATA = 'Data that cannot be decoded is refused as bad data';
const EXPANDS = 'A body that expands far beyond the limit is refused, and does no harm';
const GOOD_TRACES = 'A good request of traces is answered with success';

const FAULTS: readonly (readonly [Fault, readonly string[]])[] = [
  ['takes everything', [BAD_DATA, 'GET is refused with 405, which names POST', EXPANDS]],
  ['500 for bad data', [BAD_DATA, 'JSON that is cut off is bad data']],
  ['answers JSON to protobuf', ['The answer has the content type of the request']],
  ['errors as text', [`${BAD_DATA}, and told: a Status`]],
  ['no gzip', [GOOD_TRACES, 'A request of 200 spans is taken']],
  ['no limit after decompression', [EXPANDS]],
  ['asks for no key', ['A request without a key is refused', 'An unknown key is refused']],
  [
    'sets partial_success always',
    ['The answer to a good request of traces leaves partial_success unset'],
  ],
  ['upper-case ids refused', ['Ids are hex in upper case', 'Ids are hex in mixed case']],
  ['closes without an answer', [GOOD_TRACES, 'A connection is kept between requests']],
];

let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
});

async function tryOut(fault: Fault, cases: readonly string[]): Promise<SuiteResult> {
  server = await startWrongReceiver(fault);
  const { port } = server.address() as AddressInfo;
  const httpUrl = `http://127.0.0.1:${port}`;
  const unknown = { limitBytes: LIMIT_BYTES, slowMs: null, grpcUrl: null };
  return runSuite({ httpUrl, key: KEY, ...unknown }, (name) => cases.includes(name));
}

const failed = ({ results }: SuiteResult): string[] =>
  results
    .filter(({ columns }) => [...columns.values()].some((wrong) => wrong !== undefined))
    .map(({ name }) => name);

describe('a receiver over HTTP', () => {
  test('without a fault passes what the faults below fail', async () => {
    const names = FAULTS.flatMap(([, cases]) => cases);
    const suite = await tryOut('none', names);
    expect(suite.results.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    expect(failed(suite).filter((name) => names.includes(name))).toEqual([]);
  });

  test.for(FAULTS)('with the fault "%s" fails the cases of it', async ([fault, cases]) => {
    expect(failed(await tryOut(fault, cases))).toEqual(expect.arrayContaining([...cases]));
  });
});

test('a receiver over gRPC that answers without a grpc-status fails', async () => {
  const grpc = createHttp2Server((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/grpc' });
    response.end();
  });
  await new Promise<void>((resolve) => grpc.listen(0, '127.0.0.1', resolve));
  const grpcUrl = `http://127.0.0.1:${(grpc.address() as AddressInfo).port}`;
  const unknown = { limitBytes: null, slowMs: null, httpUrl: null, key: null };
  const names = failed(await runSuite({ grpcUrl, ...unknown }, () => true));
  grpc.close();
  expect(names).toEqual(expect.arrayContaining([GOOD_TRACES, BAD_DATA]));
});
