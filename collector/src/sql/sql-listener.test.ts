import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createLog } from '../log.ts';
import { createSqlHandler } from './sql-listener.ts';

function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.once('error', reject).end();
  });
}

test('a path that is no URL is answered, whoever sends it', async () => {
  const handler = createSqlHandler({
    authenticate: () => {
      throw new Error('nobody is asked');
    },
    engineAddress: () => ({ host: '127.0.0.1', port: 1 }),
    database: 'aicost',
    log: createLog('silent', process.stderr),
  });
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await statusOf(port, '//')).toBe(400);
  expect(await statusOf(port, '//x:99999/')).toBe(400);
  expect(await statusOf(port, '/ping')).toBe(200);
  await new Promise((resolve) => server.close(resolve));
});
