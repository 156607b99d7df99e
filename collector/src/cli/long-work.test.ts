import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { CommandError } from './command.ts';
import { followLongWork } from './long-work.ts';

/** Asks a server that answers like that; resolves with what came of it and the progress that was seen. */
async function follow(answer: RequestListener): Promise<{ outcome: unknown; seen: unknown[] }> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const seen: unknown[] = [];
  const onProgress = (progress: object) => void seen.push(progress);
  const options = { url: `http://127.0.0.1:${port}`, key: 'k', path: '/settle', onProgress };
  try {
    return { outcome: await followLongWork(options).catch((error: unknown) => error), seen };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it('shows progress as it comes, unless it is empty, and resolves with the last line', async () => {
  const { outcome, seen } = await follow((_request, response) => {
    response.write('{"progress":{}}\n{"progress":{"traces":1}}\n{"progress":');
    response.end('{"traces":2}}\n{"done":true,"traces":2}\n');
  });
  expect(seen).toEqual([{ traces: 1 }, { traces: 2 }]);
  expect(outcome).toEqual({ done: true, traces: 2 });
});

it.for([
  ['ends too soon', false],
  ['breaks off', true],
] as const)('says in words that the work was cut off when the answer %s', async ([, isBroken]) => {
  const { outcome, seen } = await follow((_request, response) => {
    response.write('{"progress":{"traces":1}}\n', () => {
      if (isBroken) setTimeout(() => response.destroy(), 50);
      else response.end();
    });
  });
  expect(seen).toEqual([{ traces: 1 }]);
  expect(outcome).toBeInstanceOf(CommandError);
  expect((outcome as Error).message).toContain('ended before the work was done; ask it again');
});

it('tells the problem that the work ended with', async () => {
  const { outcome } = await follow((_request, response) => {
    response.end('{"problem":{"code":"engine_unavailable","detail":"ClickHouse is away."}}\n');
  });
  expect((outcome as Error).message).toBe('ClickHouse is away. (engine_unavailable)');
});
