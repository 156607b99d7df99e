/**
 * A proxy between the collector and a ClickHouse server that does what networks, balancers and dying servers do, drawn
 * from a seed. It also answers for the server what chdb cannot: which query ids run, and KILL by query id, so that the
 * test's server tells what a real one would.
 * Invariant: what it answers with success, the server has answered with success.
 */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../kill/random.ts';

/**
 * `cut_before`: the connection breaks before the server has anything. `cut_in_body`: the server got half of it.
 * `cut_waiting`: the server has it all and goes on. `cut_after`, `failed_after`: the server is done, the answer is
 * lost, or replaced by a 500. `half_answer`: it breaks off. `failed_before`: a 502 of something in between.
 * `black_hole`: nothing ever arrives. `late`: it arrives when nobody waits any more. `twice`: it arrives twice.
 * `slow`: it is held up. `trickle`: the answer comes byte by byte.
 */
export const FAULTS = [
  ...['cut_before', 'cut_in_body', 'cut_waiting', 'cut_after', 'failed_after', 'half_answer'],
  ...['failed_before', 'black_hole', 'late', 'twice', 'slow', 'trickle'],
] as const;
export type Fault = (typeof FAULTS)[number] | 'none';

export interface FaultProxyOptions {
  /** Asked at each request, since a server that is started again may be elsewhere. */
  readonly target: () => string;
  readonly random: Random;
  /** 0 for any free port. */
  readonly port: number;
  /** How long a black hole holds a request before the connection breaks. */
  readonly heldMsMax: number;
  /** How long after that a late statement arrives. */
  readonly lateMs: () => number;
  /** What befalls a statement. Drawn for each; tests may decide themselves. */
  readonly draw: (about: { queryId: string; sql: string }) => Fault;
}

interface Taken {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** Asks the engine itself, which answers in words of its own. */
  readonly isRunningQuestion?: true;
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const TRICKLE_MS = 3;
const TRICKLE_PIECES = 40;

export class FaultProxy {
  readonly counts = new Map<Fault, number>();
  private readonly options: FaultProxyOptions;
  private readonly server: Server;
  /** Deliveries that nobody waits for any more. */
  private readonly late = new Set<Promise<unknown>>();
  private isHealed = false;

  constructor(options: FaultProxyOptions) {
    this.options = options;
    this.server = createServer({ maxHeaderSize: 1024 * 1024 }, (asked, answer) => {
      this.serve(asked, answer).catch(() => answer.destroy());
    });
    this.server.requestTimeout = 0;
  }

  async listen(): Promise<string> {
    this.server.listen(this.options.port, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** No more faults until `hurt`. Resolves when nothing that was held back is under way any more. */
  async heal(): Promise<void> {
    this.isHealed = true;
    await Promise.all(this.late);
  }

  hurt(): void {
    this.isHealed = false;
  }

  async close(): Promise<void> {
    await this.heal();
    this.server.close();
    this.server.closeAllConnections();
  }

  private async serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = new URL(asked.url ?? '/', 'http://proxy');
    const queryId = url.searchParams.get('query_id') ?? '';
    const isStatement = asked.method === 'POST';
    const early = this.isHealed || !isStatement;
    const body = await readAll(asked);
    const sql = (url.searchParams.get('query') ?? body.toString('latin1', 0, 2_000)).trim();
    const fault = early ? 'none' : this.options.draw({ queryId, sql });
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    const taken = translate(
      { method: asked.method ?? 'GET', url, headers: asked.headers, body },
      sql,
    );
    await this.befall(fault, taken, answer);
  }

  private async befall(fault: Fault, taken: Taken, answer: ServerResponse): Promise<void> {
    const { random, heldMsMax, lateMs } = this.options;
    switch (fault) {
      case 'cut_before':
        answer.destroy();
        return;
      case 'failed_before':
        answer.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
        return;
      case 'cut_in_body':
        await this.forward(taken, 0.5).catch(() => undefined);
        answer.destroy();
        return;
      case 'black_hole':
        await this.hold(answer);
        return;
      case 'late': {
        const held = this.hold(answer);
        this.deliverLate(
          held.then(() => sleep(lateMs())),
          taken,
        );
        return;
      }
      case 'cut_waiting':
        this.deliverLate(Promise.resolve(), taken);
        await sleep(random.below(50));
        answer.destroy();
        return;
      case 'slow':
        await sleep(random.below(heldMsMax));
        break;
      case 'twice':
        this.deliverLate(sleep(random.below(30)), taken);
        break;
      default:
        break;
    }
    await this.answerAs(fault, await this.forward(taken), answer);
  }

  private async answerAs(fault: Fault, got: Answered, answer: ServerResponse): Promise<void> {
    switch (fault) {
      case 'cut_after':
        answer.destroy();
        return;
      case 'failed_after':
        answer.writeHead(500, { 'content-type': 'text/plain' }).end('upstream connect error');
        return;
      case 'half_answer':
        answer.writeHead(got.status, lengthOf(got));
        answer.write(got.body.subarray(0, Math.floor(got.body.length / 2)), () => answer.destroy());
        return;
      case 'trickle':
        await trickle(got, answer);
        return;
      default:
        answer.writeHead(got.status, lengthOf(got)).end(got.body);
    }
  }

  /** Until the client leaves, or for so long. Then the connection is gone. */
  private async hold(answer: ServerResponse): Promise<void> {
    const left = new AbortController();
    const closed = once(answer, 'close', { signal: left.signal }).catch(() => undefined);
    await Promise.race([closed, sleep(this.options.heldMsMax, undefined, { ref: false })]);
    left.abort();
    answer.destroy();
  }

  private deliverLate(moment: Promise<unknown>, taken: Taken): void {
    const delivery = moment
      .then(() => this.forward(taken))
      // The server may have been killed meanwhile: then it is lost, which is a fault too.
      .catch(() => undefined)
      .finally(() => this.late.delete(delivery));
    this.late.add(delivery);
  }

  /** Sends it on; with `share` below 1 breaks off after that share of the body, and rejects. */
  private forward(taken: Taken, share = 1): Promise<Answered> {
    const { method, path, headers, body } = taken;
    return new Promise((resolve, reject) => {
      const kept = { ...headers, host: new URL(this.options.target()).host };
      Reflect.deleteProperty(kept, 'transfer-encoding');
      Reflect.deleteProperty(kept, 'connection');
      const sent = request(new URL(path, this.options.target()), {
        method,
        agent: false,
        headers: { ...kept, ...(method === 'GET' ? {} : { 'content-length': body.length }) },
      });
      sent.once('error', reject);
      sent.once('response', (response) => {
        readAll(response).then((all) => {
          const told = taken.isRunningQuestion === true ? asRow(all) : all;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: told });
        }, reject);
      });
      if (share === 1) {
        sent.end(method === 'GET' ? undefined : body);
      } else {
        sent.write(body.subarray(0, Math.floor(body.length * share)), () => sent.destroy());
      }
    });
  }
}

/** What chdb cannot answer in SQL, the engine answers beside it. */
function translate(
  about: { method: string; url: URL; headers: IncomingMessage['headers']; body: Buffer },
  sql: string,
): Taken {
  const { method, url, headers, body } = about;
  const id = encodeURIComponent(url.searchParams.get('param_id') ?? '');
  if (/FROM system\.processes WHERE query_id = \{id:String\}/.test(sql)) {
    const path = `/engine/running?query_id=${id}`;
    return { method: 'POST', path, headers: {}, body: Buffer.alloc(0), isRunningQuestion: true };
  }
  if (/^KILL QUERY WHERE query_id = \{id:String\} ASYNC/.test(sql)) {
    const path = `/engine/kill?query_id=${id}`;
    return { method: 'POST', path, headers: {}, body: Buffer.alloc(0) };
  }
  return { method, path: `${url.pathname}${url.search}`, headers, body };
}

/** `{"running":true}` as the row of the question that was asked. */
function asRow(answer: Buffer): Buffer {
  const { running } = JSON.parse(answer.toString()) as { running: boolean };
  return Buffer.from(`${JSON.stringify({ running: running ? '1' : '0' })}\n`);
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The headers of an answer that is sent in one piece. */
function lengthOf({ headers, body }: Answered): IncomingMessage['headers'] {
  const { connection: _connection, 'transfer-encoding': _chunked, ...kept } = headers;
  return { ...kept, 'content-length': String(body.length) };
}

async function trickle(got: Answered, answer: ServerResponse): Promise<void> {
  answer.writeHead(got.status, lengthOf(got));
  const piece = Math.max(1, Math.ceil(got.body.length / TRICKLE_PIECES));
  for (let at = 0; at < got.body.length; at += piece) {
    answer.write(got.body.subarray(at, at + piece));
    await sleep(TRICKLE_MS);
  }
  answer.end();
}
