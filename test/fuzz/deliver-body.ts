/** Sends bodies over connections that stay open, and brings back what was answered in one form for both transports. */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import type { Body } from './bodies.ts';

/** How a body was answered. `busy`: it may be sent again. */
export interface Verdict {
  readonly kind: 'taken' | 'refused' | 'busy' | 'wrong';
  /** The status, and what was said. */
  readonly text: string;
}

export interface Target {
  readonly url: string;
  /** `host:port`. */
  readonly grpcTarget: string;
  readonly key: string;
}

const ANSWER_MS_MAX = 30_000;
const CONTENT_TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;
const METHODS = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
} as const;
/** 2xx takes, these refuse for good; of the others only those that name a retry are busy. */
const REFUSALS = new Set([400, 413]);
const BUSY = new Set([429, 503]);
/** INVALID_ARGUMENT; RESOURCE_EXHAUSTED and UNAVAILABLE may be retried. */
const GRPC_REFUSED = 3;
const GRPC_BUSY = new Set([8, 14]);

export class BodySender {
  private readonly target: Target;
  private readonly agent: Agent;
  private session: ClientHttp2Session | undefined;

  constructor(target: Target, connectionsMax: number) {
    this.target = target;
    this.agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  }

  send(body: Body): Promise<Verdict> {
    return (body.transport === 'grpc' ? this.call(body) : this.post(body)).catch(
      (error: unknown) => ({
        kind: 'wrong' as const,
        text: error instanceof Error ? error.message : String(error),
      }),
    );
  }

  close(): void {
    this.agent.destroy();
    this.session?.destroy();
  }

  private post({ signal, encoding, coding, bytes }: Body): Promise<Verdict> {
    const { url, key } = this.target;
    const headers = {
      'content-type': CONTENT_TYPES[encoding],
      'content-length': bytes.length,
      'x-api-key': key,
      ...(coding === 'none' ? {} : { 'content-encoding': coding }),
    };
    return new Promise((resolve, reject) => {
      const options = { method: 'POST', headers, agent: this.agent };
      const outgoing = httpRequest(new URL(`/v1/${signal}`, url), options, (incoming) => {
        textOf(incoming).then(
          (text) => resolve(httpVerdict(incoming.statusCode ?? 0, text)),
          reject,
        );
      });
      outgoing.setTimeout(ANSWER_MS_MAX, () => outgoing.destroy(new Error('no answer in 30 s')));
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // The server ended an idle connection just when it was used again: nothing of the request was read.
        const isRace = outgoing.reusedSocket && error.code === 'ECONNRESET';
        if (isRace) resolve({ kind: 'busy', text: 'the connection was idle for too long' });
        else reject(error);
      });
      outgoing.end(bytes);
    });
  }

  private call({ signal, coding, bytes }: Body): Promise<Verdict> {
    if (this.session === undefined || this.session.closed || this.session.destroyed) {
      this.session = connect(`http://${this.target.grpcTarget}`);
      // Each call hears of it by its own error.
      this.session.on('error', () => undefined);
    }
    const prefix = Buffer.alloc(5);
    prefix.writeUInt8(coding === 'none' ? 0 : 1, 0);
    prefix.writeUInt32BE(bytes.length, 1);
    const stream = this.session.request({
      ':method': 'POST',
      ':path': METHODS[signal],
      te: 'trailers',
      'content-type': 'application/grpc',
      'x-api-key': this.target.key,
      ...(coding === 'none' ? {} : { 'grpc-encoding': coding }),
    });
    return new Promise((resolve, reject) => {
      const told: Record<string, unknown> = {};
      stream.on('response', (headers) => Object.assign(told, headers));
      stream.on('trailers', (trailers) => Object.assign(told, trailers));
      stream.setTimeout(ANSWER_MS_MAX, () => stream.destroy(new Error('no answer in 30 s')));
      stream.on('error', (error) =>
        told['grpc-status'] === undefined ? reject(error) : undefined,
      );
      stream.on('close', () => resolve(grpcVerdict(told)));
      stream.resume();
      stream.end(Buffer.concat([prefix, bytes]));
    });
  }
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('latin1');
}

function httpVerdict(status: number, said: string): Verdict {
  const text = `${status} ${said.slice(0, 300)}`;
  if (status === 200) return { kind: 'taken', text };
  if (REFUSALS.has(status)) return { kind: 'refused', text };
  return { kind: BUSY.has(status) ? 'busy' : 'wrong', text };
}

function grpcVerdict(told: Readonly<Record<string, unknown>>): Verdict {
  const status = told['grpc-status'] === undefined ? undefined : Number(told['grpc-status']);
  const said = decodeURIComponent(
    String(told['grpc-message'] ?? '').replaceAll(/%(?![\da-f]{2})/gi, '%25'),
  );
  const text = `grpc ${status} ${said.slice(0, 300)}`;
  if (status === 0) return { kind: 'taken', text };
  if (status === GRPC_REFUSED) return { kind: 'refused', text };
  return { kind: status !== undefined && GRPC_BUSY.has(status) ? 'busy' : 'wrong', text };
}
