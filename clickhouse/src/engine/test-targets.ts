/**
 * What the tests of the HTTP protocol run against: the engine on a Unix socket, the engine on TCP,
 * and a real server when AICOST_TEST_CLICKHOUSE_URL names one.
 */
import type { HttpTarget } from './ask-http.ts';
import { startTestEngine, storeAddress } from './test-engine.ts';

/** Something that speaks ClickHouse's HTTP protocol. */
export interface ProtocolTarget {
  readonly kind: 'embedded' | 'server';
  readonly http: HttpTarget;
  remove(): Promise<void>;
}

async function startEmbedded(listen: 'unix' | 'tcp'): Promise<ProtocolTarget> {
  const engine = await startTestEngine(
    listen === 'unix' ? {} : { listen: { kind: 'tcp', host: '127.0.0.1', port: 0 } },
  );
  return { kind: 'embedded', http: storeAddress(engine.address), remove: engine.remove };
}

// biome-ignore lint/style/noProcessEnv: a test has no configuration of its own to read it from.
const realUrl = process.env['AICOST_TEST_CLICKHOUSE_URL'];

/** Name and way to start each target. */
export const PROTOCOL_TARGETS: (readonly [string, () => Promise<ProtocolTarget>])[] = [
  ['the engine on a Unix socket', () => startEmbedded('unix')],
  ['the engine on TCP', () => startEmbedded('tcp')],
];
if (realUrl !== undefined) {
  const http = { url: realUrl };
  const remove = () => Promise.resolve();
  PROTOCOL_TARGETS.push(['a real server', async () => ({ kind: 'server', http, remove })]);
}
