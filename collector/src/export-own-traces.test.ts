import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { oracleSpans, type PlainSpan } from './decode/fixtures/otlp-oracle.ts';
import { exportOwnTraces } from './export-own-traces.ts';

const work = (name: string) => ({ name, startMs: 1, endMs: 2 });

test('only the share of the work that was drawn becomes spans, and they carry the headers', async () => {
  const spans: PlainSpan[] = [];
  const keys: unknown[] = [];
  const sink = createServer((request, response) => {
    keys.push(request.headers['x-api-key']);
    request.toArray().then((chunks) => {
      spans.push(...oracleSpans(Buffer.concat(chunks)));
      response.end();
    }, response.destroy);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => sink.once('listening', resolve));
  const endpoint = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/`;
  const draws = [0.5, 0.009, 0.01];
  const random = () => draws.shift()!;
  const traces = exportOwnTraces({ endpoint, headers: { 'x-api-key': 'k' }, ratio: 0.01, random });
  for (const name of ['first', 'second', 'third']) traces.record(work(name));
  await traces.close();
  sink.closeAllConnections();
  sink.close();
  expect(spans.map((span) => span['name'])).toEqual(['second']);
  expect(keys).toEqual(['k']);
});

test('an endpoint that is away does not hold up the end, nor fail it', async () => {
  const endpoint = 'http://127.0.0.1:1';
  const traces = exportOwnTraces({ endpoint, headers: {}, ratio: 1, random: () => 0 });
  traces.record({ ...work('settle'), faultCode: 'clickhouse 241', steps: [work('read')] });
  await expect(traces.close()).resolves.toBeUndefined();
});
