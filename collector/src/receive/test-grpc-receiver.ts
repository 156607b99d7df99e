/** For tests: an OTLP/gRPC receiver on a free port, what it accepted, and two clients: gRPC's own and bare HTTP/2. */
import { connect } from 'node:http2';
import {
  Client,
  credentials,
  Metadata as Meta,
  type Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { createAuthenticate } from '../authenticate/authenticate.ts';
import type { Listener } from '../bind.ts';
import { BufferPool } from '../buffer-pool.ts';
import { encodeExportResponse, encodeStatus } from '../decode/otlp-response.ts';
import { hashKey } from '../key-format.ts';
import { createLog } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import { createGrpcCalls } from './grpc-call.ts';
import { type GrpcServerLimits, listenGrpc } from './grpc-server.ts';
import { createHeldBytes } from './held-bytes.ts';
import { type AcceptRequest, createTakeRequest } from './take-request.ts';
import { openDoor } from './test-admission.ts';

export const LIMIT = 1_000_000;
export const KEY = 'aicost_ingester_0123456789abcdef0123456789abcdef';
export const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

const LIMITS: GrpcServerLimits = {
  streamsMax: 1_000,
  sessionMegabytesMax: 10,
  streamWindowBytes: 65_535,
  connectionWindowBytes: 65_535,
  headerBytesMax: 16_384,
  prefaceTimeoutMs: 10_000,
  pingEveryMs: 10_000,
  pingTimeoutMs: 10_000,
  idleMs: 10_000,
  ageMs: 60_000,
};
const RECORD = {
  id: 'ingester',
  tenant: 'acme',
  scopes: ['ingest' as const],
  sha256: hashKey(KEY).toString('hex'),
  name: null,
  createdAt: '2026-01-01T00:00:00Z',
  createdBy: 'test',
  expiresAt: null,
  sqlUser: false,
  revokedAt: null,
};

export class GrpcReceiver {
  readonly metrics = createMetrics();
  readonly accepted: { tenant: string; bytes: Buffer; encoding: string }[] = [];
  refusedConnections = 0;
  bodyTimeoutMs = 10_000;
  accept: AcceptRequest = async (tenant, bytes, encoding) => {
    this.accepted.push({ tenant, bytes: Buffer.from(bytes), encoding });
    return { rejected: 0, message: '' };
  };
  private listener: Listener | undefined;

  async start(limits: Partial<GrpcServerLimits> = {}, connectionsMax = 100): Promise<void> {
    const { metrics } = this;
    const held = createHeldBytes(3 * LIMIT, (total) => metrics.aicost_otlp_held_bytes.set(total));
    const log = createLog('silent', process.stderr);
    const findKey = (id: string) => (id === RECORD.id ? RECORD : undefined);
    const accept: AcceptRequest = (...given) => this.accept(...given);
    const take = createTakeRequest({
      buffers: new BufferPool(),
      admission: openDoor(held),
      authenticate: createAuthenticate({ findKey, now: () => new Date(0) }),
      accept: { traces: accept, logs: accept, metrics: accept },
      metrics,
      log,
    });
    const calls = createGrpcCalls({
      take,
      responses: { encodeStatus, encodeExportResponse },
      limits: { bytesMax: LIMIT, timeoutMs: this.bodyTimeoutMs },
      log,
      newRequestId: () => 'request-1',
    });
    const onRefused = () => {
      this.refusedConnections += 1;
    };
    this.listener = await listenGrpc({
      address: { host: '127.0.0.1', port: 0 },
      calls,
      tls: undefined,
      limits: { ...LIMITS, ...limits },
      connections: { connectionsMax, onRefused },
    });
  }

  get port(): number {
    return this.listener!.address.port;
  }

  close(deadline: AbortSignal): Promise<void> {
    return this.listener!.close(deadline);
  }

  async heldBytes(): Promise<number> {
    return (await this.metrics.aicost_otlp_held_bytes.get()).values[0]?.value ?? 0;
  }

  client(): Client {
    return new Client(`127.0.0.1:${this.port}`, credentials.createInsecure());
  }

  /** Through gRPC's own client. */
  async call(body: Buffer, metadata: Record<string, string> = {}, method = TRACES) {
    const client = this.client();
    try {
      return await callWith(client, { body, metadata, method });
    } finally {
      client.close();
    }
  }

  /** The bytes of a stream as they are given, through nothing but HTTP/2; null: a message that never comes whole. */
  async raw(body: Buffer | null, headers: Record<string, string> = {}) {
    const session = connect(`http://127.0.0.1:${this.port}`);
    session.on('error', () => undefined);
    const stream = session.request({
      ':method': 'POST',
      ':path': TRACES,
      'content-type': 'application/grpc',
      te: 'trailers',
      'x-api-key': KEY,
      ...headers,
    });
    stream.on('error', () => undefined);
    const told: Record<string, unknown> = {};
    stream.on('response', (given) => Object.assign(told, given));
    stream.on('trailers', (given) => Object.assign(told, given));
    stream.resume();
    if (body === null) stream.write(frame(Buffer.alloc(0), 0, 10));
    else stream.end(body);
    await new Promise((resolve) => stream.once('close', resolve));
    session.destroy();
    return told;
  }
}

interface CallEnd {
  readonly code: number;
  readonly answer?: Buffer;
  readonly details?: string;
  readonly metadata?: Metadata;
}

interface Sent {
  readonly body: Buffer;
  readonly metadata?: Record<string, string>;
  readonly method?: string;
}

/** One call of a client; never rejects. */
export function callWith(client: Client, sent: Sent): Promise<CallEnd> {
  const metadata = new Meta();
  const given = { 'x-api-key': KEY, ...sent.metadata };
  for (const [name, value] of Object.entries(given)) metadata.set(name, value);
  const asIs = (bytes: Buffer) => bytes;
  const { promise, resolve } = Promise.withResolvers<CallEnd>();
  const onEnd = (error: ServiceError | null, answer?: Buffer) =>
    resolve(error ?? { code: 0, ...(answer ? { answer } : {}) });
  client.makeUnaryRequest(sent.method ?? TRACES, asIs, asIs, sent.body, metadata, onEnd);
  return promise;
}

/** A message with the prefix of gRPC. */
export function frame(message: Buffer, flag = 0, declared = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(declared, 1);
  return Buffer.concat([prefix, message]);
}
