/** What the benchmarks stand on: a sender that tells the truth, a sink that counts, and figures judged as asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { DiscardingSink } from './peers/discarding-sink.ts';
import { nativeAnswer } from './peers/native-answer.ts';
import { askedText, figureText, isReached } from './result.ts';
import { send } from './sender/sender.ts';
import { quantile } from './sender/sending.ts';

async function withServer<T>(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  work: (port: number) => Promise<T>,
): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a sender tells what was acknowledged and what was refused, each request with other ids', async () => {
  let seen = 0;
  const bytes = new Set<string>();
  const report = await withServer(
    (request, response) => {
      request.toArray().then((chunks) => {
        bytes.add(Buffer.concat(chunks).toString('latin1'));
        response.writeHead(seen++ % 4 === 3 ? 503 : 200).end();
      }, response.destroy);
    },
    (port) =>
      send({
        ...{ url: `http://127.0.0.1:${port}`, key: 'a key', variant: 'tenth', seed: 1 },
        ...{ connections: 2, load: { kind: 'requests', requests: 20 } },
      }),
  );
  expect(report).toMatchObject({ sentRequests: 20, ackedRequests: 15, ackedSpans: 15 * 512 });
  expect(report.refused).toEqual({ 503: 5 });
  expect(bytes.size).toBe(20);
  expect(new Set(report.sentIds).size).toBe(20);
  expect(report.sentIds).toEqual(expect.arrayContaining([...report.ackedIds]));
  expect(report.ackMs).toHaveLength(15);
});

test('the sink throws rows of spans away, counts them, and asks the engine all else', async () => {
  const asked: string[] = [];
  await withServer(
    (request, response) => {
      asked.push(request.url ?? '');
      response.end('{"meta":[{"name":"n","type":"UInt16"}],"data":[[513]]}');
    },
    async (port) => {
      const sink = await DiscardingSink.start({ host: '127.0.0.1', port });
      try {
        const ask = async (query: string, body: Buffer | string) => {
          const params = new URLSearchParams({ query, client_protocol_version: '54460' });
          const url = `http://127.0.0.1:${sink.port}/?${params}`;
          const answer = await fetch(url, {
            method: 'POST',
            body: new Uint8Array(Buffer.from(body)),
          });
          return Buffer.from(await answer.arrayBuffer());
        };
        const block = Buffer.concat([Buffer.from([3, 0xac, 0x02]), Buffer.alloc(99)]);
        await ask('INSERT INTO `otel`.`otel_traces` (a) FORMAT Native', block);
        await ask('INSERT INTO `aicost`.landing (a) SELECT 1 FORMAT Native', block);
        expect(sink.discardedRows).toBe(600);
        expect(asked).toEqual([]);
        const told = await ask('SELECT n', '');
        expect(
          told.equals(nativeAnswer({ meta: [{ name: 'n', type: 'UInt16' }], data: [[513]] })),
        ).toBe(true);
        expect(told.subarray(-2)).toEqual(Buffer.from([1, 2]));
        expect(asked[0]).toContain('JSONCompact');
      } finally {
        sink.stop();
      }
    },
  );
});

test.for([
  [{ least: 50 }, 50, true, 'at least 50'],
  [{ least: 50 }, 49.9, false, 'at least 50'],
  [{ most: 8 }, 8.1, false, 'at most 8'],
  [{ most: 0 }, 0, true, 'at most 0'],
  [{}, 7, undefined, ''],
] as const)('a figure of which %o was asked', ([asked, value, reached, text]) => {
  const figure = { name: 'a', unit: '%', value, ...asked };
  expect([isReached(figure), askedText(figure)]).toEqual([reached, text]);
});

test.for([
  [1_234_567, '1,234,567'],
  [1234.5, '1,235'],
  [0.25, '0.250'],
  [26.04, '26.0'],
] as const)('%f is written %s', ([value, text]) => {
  expect(figureText(value)).toBe(text);
});

test('a quantile is of the ascending list', () => {
  const list = Array.from({ length: 100 }, (_, n) => n);
  expect([quantile(list, 0.5), quantile(list, 0.99), quantile([], 0.5)]).toEqual([
    50,
    99,
    Number.NaN,
  ]);
});
