/**
 * ClickHouse's HTTP protocol for collectors whose own cost is to be measured: rows that are inserted are read from the
 * network and thrown away; every other statement is answered by a real engine. The same for both peers.
 */
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EngineAddress } from '@ai-cost-profiler/clickhouse/engine/ping.ts';
import { type CompactAnswer, nativeAnswer } from './native-answer.ts';

/** Inserts of spans; the small ones of control state are real. */
const SPANS = /^\s*INSERT\s+INTO\s+\S*(landing|otel_traces`?"?[\s(])/i;
/** A statement is at the beginning of a body that has it there. */
const STATEMENT_BYTES = 64 * 1024;
/** A block begins with its number of columns and of rows. */
const HEAD_BYTES = 32;

export class DiscardingSink {
  discardedBytes = 0;
  /** Rows of inserts whose body is one block, as the OpenTelemetry Collector's are. */
  discardedRows = 0;
  private readonly server: Server;
  private readonly engine: EngineAddress;

  private constructor(engine: EngineAddress) {
    this.engine = engine;
    this.server = createServer((asked, answer) => {
      this.take(asked, answer).catch(() => answer.destroy());
    });
  }

  static async start(engine: EngineAddress): Promise<DiscardingSink> {
    const sink = new DiscardingSink(engine);
    await new Promise<void>((resolve) => sink.server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async take(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = new URL(asked.url ?? '/', 'http://sink');
    const statement = url.searchParams.get('query') ?? '';
    const pieces: Buffer[] = [];
    let isDiscarded = SPANS.test(statement);
    let bytes = 0;
    let first = Buffer.alloc(0);
    for await (const piece of asked as AsyncIterable<Buffer>) {
      if (!isDiscarded && bytes === 0 && statement === '') {
        isDiscarded = SPANS.test(piece.toString('latin1', 0, STATEMENT_BYTES));
      }
      if (first.length < HEAD_BYTES) first = Buffer.concat([first, piece.subarray(0, HEAD_BYTES)]);
      bytes += piece.length;
      if (!isDiscarded) pieces.push(piece);
    }
    if (isDiscarded) {
      this.discardedBytes += bytes;
      if (url.searchParams.has('client_protocol_version')) this.discardedRows += rowsOf(first);
      answer.writeHead(200, { 'x-clickhouse-summary': '{}' }).end();
    } else {
      this.forward(asked, Buffer.concat(pieces), answer);
    }
  }

  private forward(asked: IncomingMessage, body: Buffer, answer: ServerResponse): void {
    const { method, headers } = asked;
    const url = new URL(asked.url ?? '/', 'http://sink');
    const isVersioned = url.searchParams.has('client_protocol_version');
    if (isVersioned) url.searchParams.set('default_format', 'JSONCompact');
    const path = url.pathname + url.search;
    const own = { ...headers, 'content-length': String(body.length) };
    delete own['transfer-encoding'];
    const upstream = request({ ...this.engine, method, path, headers: own }, (answered) => {
      if (isVersioned && answered.statusCode === 200) {
        void answerNative(answered, answer);
        return;
      }
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(answer);
    });
    upstream.once('error', () => answer.destroy());
    upstream.end(body);
  }
}

/** The rows of the block that begins here: what is sent to be inserted has no information of a block before it. */
function rowsOf(head: Buffer): number {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = head[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  varint();
  return varint();
}

/** Rows in the form that the client's version of the protocol asks for; a statement without rows has no body. */
async function answerNative(answered: IncomingMessage, answer: ServerResponse): Promise<void> {
  const text = Buffer.concat(await answered.toArray()).toString('utf8');
  answer.writeHead(200, { 'x-clickhouse-format': 'Native', 'x-clickhouse-timezone': 'UTC' });
  answer.end(text === '' ? '' : nativeAnswer(JSON.parse(text) as CompactAnswer));
}
