/** The real SDK and exporter against a server that answers as told: nothing that was refused is passed over. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { decodeTracesProtobuf } from '../decode/decode-protobuf.ts';
import type { SpanView } from '../decode/span-view.ts';
import { DemoError } from './demo-error.ts';
import { factsOf } from './demo-facts.ts';
import { createScenario, type Scenario } from './scenario.ts';
import { sendScenario } from './send-scenario.ts';

const NOW_MS = Date.parse('2026-11-22T20:00:00Z');
const WHOLE = createScenario(1, 'run');
const SOME: Scenario = { ...WHOLE, traces: WHOLE.traces.slice(0, 5) };
/** ExportTraceServiceResponse { partial_success { rejected_spans: 1, error_message: "x" } } */
const PARTIAL_SUCCESS = Buffer.from([0x0a, 0x05, 0x08, 0x01, 0x12, 0x01, 0x78]);

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(
  status: number,
  body: Buffer,
  onBody?: (body: Buffer) => unknown,
): Promise<string> {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      await onBody?.(Buffer.concat(chunks));
      response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end(body);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function send(url: string, onAcknowledged: (spans: number) => void = () => undefined) {
  return sendScenario(SOME, { url, key: 'k', nowMs: NOW_MS, onAcknowledged });
}

describe('sending', () => {
  test('brings every span, with its times and its parent', async () => {
    const seen: { start: bigint; end: bigint; id: string; parent: string }[] = [];
    const take = (view: SpanView) =>
      seen.push({
        start: view.startTimeUnixNano,
        end: view.endTimeUnixNano,
        id: view.bytes.toString('hex', view.spanIdStart, view.spanIdEnd),
        parent: view.bytes.toString('hex', view.parentSpanIdStart, view.parentSpanIdEnd),
      });
    let acknowledged = 0;
    const url = await serve(200, Buffer.alloc(0), (body) =>
      decodeTracesProtobuf(body, { span: take }),
    );
    const sent = await send(url, (spans) => {
      acknowledged += spans;
    });
    expect(sent).toBe(factsOf(SOME).spans);
    expect(acknowledged).toBe(sent);
    expect(seen).toHaveLength(sent);
    const nowNs = BigInt(NOW_MS) * 1_000_000n;
    const ids = new Set(seen.map(({ id }) => id));
    expect(seen.filter(({ parent }) => !ids.has(parent))).toHaveLength(SOME.traces.length);
    for (const { start, end } of seen) {
      expect(start).toBeGreaterThanOrEqual(nowNs - 3_600_000_000_000n);
      expect(end).toBeGreaterThanOrEqual(start);
      expect(end).toBeLessThan(nowNs);
    }
  });

  test('brings one request of a service after the other, also what waits at the end', async () => {
    const under = new Map<string, number>();
    const most = new Map<string, number>();
    const url = await serve(200, Buffer.alloc(0), async (body) => {
      const services = body.toString('latin1').match(/[a-z-]+-run|(production|staging)/g) ?? [];
      const from = [...new Set(services)].join(' in ');
      const now = (under.get(from) ?? 0) + 1;
      under.set(from, now);
      most.set(from, Math.max(now, most.get(from) ?? 0));
      await sleep(20);
      under.set(from, now - 1);
    });
    await sendScenario(WHOLE, { url, key: 'k', nowMs: NOW_MS, onAcknowledged: () => undefined });
    expect(most.size).toBeGreaterThan(1);
    expect([...new Set(most.values())]).toEqual([1]);
  });

  test.for<[string, number, Buffer, string]>([
    ['a partial success', 200, PARTIAL_SUCCESS, 'Partial Success'],
    ['an unknown key', 401, Buffer.alloc(0), 'the key is not known'],
    ['a key that may not ingest', 403, Buffer.alloc(0), 'lacks the scope ingest'],
    ['a request that is not understood', 400, Buffer.alloc(0), 'HTTP 400'],
  ])('fails and says why: %s', async ([, status, body, why]) => {
    const sending = send(await serve(status, body));
    await expect(sending).rejects.toThrow(DemoError);
    await expect(sending).rejects.toThrow(why);
  });
});
