/**
 * Where the addresses of docs/send lead while a source is recorded: OTLP/HTTP at the preset, for whoever presents the
 * key of the page. Takes protobuf and JSON, gzip or not, and gives OTLP/JSON.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

const PRESET_PORT = 4318;
const PROTO = new URL('../../collector/src/decode/fixtures/proto/trace.proto', import.meta.url);
const root = protobuf.parse(readFileSync(PROTO, 'utf8')).root;

export type RecordedSignal = 'traces' | 'logs';
type Resources = Readonly<Record<string, unknown>>[];

const REQUESTS: Readonly<Record<RecordedSignal, { type: string; list: string }>> = {
  traces: { type: 'otlp.ExportTraceServiceRequest', list: 'resourceSpans' },
  logs: { type: 'otlp.ExportLogsServiceRequest', list: 'resourceLogs' },
};

export interface PresetSink {
  /** All requests of a signal in one: `{ resourceSpans }` or `{ resourceLogs }`. Undefined: none came. */
  request(signal: RecordedSignal): object | undefined;
  /** What was refused, and what was taken of each signal, as a person wants to read it. */
  summary(): string;
  close(): Promise<void>;
}

/** @throws Error where something listens at the preset already */
export async function startPresetSink(key: string): Promise<PresetSink> {
  const taken = new Map<string, number>();
  const resources: Record<RecordedSignal, Resources[]> = { traces: [], logs: [] };
  const server = createServer((request, reply) => {
    const isKnown = request.headers['x-api-key'] === key;
    const path = isKnown ? (request.url ?? '') : `${request.url} without the key`;
    void readAll(request).then((body) => {
      taken.set(path, (taken.get(path) ?? 0) + 1);
      const signal = path.replace('/v1/', '');
      if (signal === 'traces' || signal === 'logs') {
        resources[signal].push(readRequest(body, signal, request.headers['content-type'] ?? ''));
      }
      reply.writeHead(isKnown ? 200 : 401).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(PRESET_PORT, '127.0.0.1', resolve);
  });
  return {
    request(signal) {
      const all = resources[signal].flat();
      return all.length === 0 ? undefined : { [REQUESTS[signal].list]: all };
    },
    summary: () => [...taken].map(([path, requests]) => `${path}: ${requests}`).join(', '),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

function readRequest(body: Buffer, signal: RecordedSignal, contentType: string): Resources {
  const { type: name, list } = REQUESTS[signal];
  if (contentType.includes('json')) return JSON.parse(body.toString('utf8'))[list];
  const type = root.lookupType(name);
  const options = { longs: String, enums: Number, bytes: String };
  return withHexIds(type.toObject(type.decode(body), options))[list];
}

/** OTLP/JSON writes ids in hex where protobuf's own JSON has base64; an id that is not there is left out. */
function withHexIds<T>(message: T): T {
  return JSON.parse(JSON.stringify(message), (key, value) => {
    if (!/^(traceId|spanId|parentSpanId)$/.test(key)) return value;
    return value === '' ? undefined : Buffer.from(value, 'base64').toString('hex');
  });
}
