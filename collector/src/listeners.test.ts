import { afterEach, describe, expect, test } from 'vitest';
import { loadConfig } from './config.ts';
import { type Listeners, openListeners } from './listeners.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';

const ANY = '127.0.0.1:0';
const open: Listeners[] = [];
let logged = '';

afterEach(async () => {
  logged = '';
  await Promise.all(open.splice(0).map((one) => one.close(AbortSignal.abort())));
});

async function listenOn(flags: Record<string, string>): Promise<Listeners> {
  const given = { http: ANY, grpc: ANY, sql: ANY, ...flags };
  const { config } = loadConfig(new Map(Object.entries(given)), {});
  const write = (line: string) => {
    logged += line;
    return true;
  };
  const listeners = await openListeners({
    config,
    metrics: createMetrics(),
    log: createLog('info', { write } as unknown as NodeJS.WriteStream),
    app: (_request, response) => void response.end('app'),
    grpcCalls: (stream) => stream.close(),
    sqlHandler: (_request, response) => void response.end('sql'),
  });
  open.push(listeners);
  return listeners;
}

const place = (address: { host: string; port: number } | undefined) =>
  `${address!.host}:${address!.port}`;

describe('an address that is taken', () => {
  test('is an error that names --http', async () => {
    const { http } = await listenOn({});
    await expect(listenOn({ http: place(http) })).rejects.toThrow(/^--http is .* in use/);
  });

  test.for(['grpc', 'sql'] as const)('is a warning for --%s, and all else works', async (name) => {
    const first = await listenOn({});
    const second = await listenOn({ [name]: place(first[name]) });
    expect(second[name]).toBeUndefined();
    expect(await (await fetch(`http://${place(second.http)}`)).text()).toBe('app');
    expect(logged).toContain('everything else works');
    expect(logged).toContain(`--${name} is`);
  });
});

test('a listener that is off is not there, without a word', async () => {
  const { grpc, sql } = await listenOn({ grpc: 'off', sql: 'off' });
  expect([grpc, sql, logged]).toEqual([undefined, undefined, '']);
});

describe('without a certificate', () => {
  test('an address that other machines reach is a warning that names the options', async () => {
    await listenOn({ http: '0.0.0.0:0' });
    expect(logged).toMatch(/plain text: give --tls-cert and --tls-key/);
    expect(logged).toMatch(/"addresses":\["0\.0\.0\.0:\d+"\]/);
  });

  test('loopback is nothing to warn of', async () => {
    await listenOn({});
    expect(logged).toBe('');
  });
});
