import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { answerLongWork, type LongWork } from './ndjson.ts';

/** What a client reads of work that is answered so. */
async function read(work: Pick<LongWork, 'run' | 'timers'>): Promise<string> {
  const app = express().post('/', (_request, response) =>
    answerLongWork(response, { ...work, log: pino({ level: 'silent' }) }),
  );
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    return await (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST' })).text();
  } finally {
    server.close();
  }
}

test('work that tells nothing for long shows that it goes on, until it is done', async () => {
  const intervals: number[] = [];
  let isStopped = false;
  let pass: () => void = () => undefined;
  const every = (ms: number, work: () => void) => {
    intervals.push(ms);
    pass = work;
    return () => {
      isStopped = true;
    };
  };
  const text = await read({
    timers: { every },
    run: async (show) => {
      show({ step: 'waiting' });
      pass();
      pass();
      return { files: 1 };
    },
  });
  const lines = ['{"progress":{"step":"waiting"}}', '{"progress":{}}', '{"progress":{}}'];
  expect(text).toBe(`${lines.join('\n')}\n{"done":true,"files":1}\n`);
  expect(intervals[0]).toBeLessThan(60_000);
  expect(isStopped).toBe(true);
});
