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
/**
 * As `@grpc/grpc-js` has it: no bound. Node counts what waits to be sent too, and never gives back what a reset stream
 * had left: beyond 10 MB, its default, this end resets every call on the connection with ENHANCE_YOUR_CALM, for good.
 */
const UNBOUNDED = { maxSessionMemory: Number.MAX_SAFE_INTEGER };
const SESSIONS = 4;
const CONTENT_TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;
const METHODS = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
} as const;
/** 2xx takes, these refuse for good; of the others only those that name a retry are busy. */
const REFUSALS = new Set([400, 413]);
const BUSY = new Set([429, 503]);
/** INVALID_ARGUMENT; RESOURCE_EXHAUSTED for good, unless it says when to come again, as UNAVAILABLE does. */
const GRPC_REFUSED = new Set([3, 8]);
const RETRY_INFO = 'google.rpc.RetryInfo';

export class BodySender {
  private readonly target: Target;
  private readonly agent: Agent;
  /** Several, as there are several senders, and each for the whole run, as theirs are. */
  private readonly sessions: (ClientHttp2Session | undefined)[] = [];
  private calls = 0;

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
    for (const session of this.sessions) session?.destroy();
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

  /** The connections in turn; a new one in the place of one that was closed. */
  private session(): ClientHttp2Session {
    const at = this.calls++ % SESSIONS;
    const open = this.sessions[at];
    if (open !== undefined && !open.closed && !open.destroyed) return open;
    const session = connect(`http://${this.target.grpcTarget}`, UNBOUNDED);
    // Each call hears of it by its own error.
    session.on('error', () => undefined);
    this.sessions[at] = session;
    return session;
  }

  private call({ signal, coding, bytes }: Body): Promise<Verdict> {
    const prefix = Buffer.alloc(5);
    prefix.writeUInt8(coding === 'none' ? 0 : 1, 0);
    prefix.writeUInt32BE(bytes.length, 1);
    const stream = this.session().request({
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
      stream.write(prefix);
      stream.end(bytes);
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
  const details = Buffer.from(String(told['grpc-status-details-bin'] ?? ''), 'base64');
  if (details.includes(RETRY_INFO)) return { kind: 'busy', text };
  return { kind: status !== undefined && GRPC_REFUSED.has(status) ? 'refused' : 'wrong', text };
}
