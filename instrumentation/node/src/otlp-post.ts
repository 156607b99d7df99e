/** One attempt to deliver a request. It never keeps the process alive: whoever wants to wait holds a timer. */

import {
  type ClientRequest,
  type Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** What it needs to know of where it goes. */
export interface PostTarget {
  readonly url: string;
  /** For the attempt, in milliseconds. */
  readonly timeoutMs: number;
  readonly isGzip: boolean;
  headers(): Promise<Record<string, string>>;
  agent(protocol: string): Agent | Promise<Agent>;
}

type Agent = HttpAgent | HttpsAgent;

/** What became of it. `later`: sending the same again may help (OTLP 1.11, Failures). */
export type PostOutcome =
  | { readonly kind: 'sent'; readonly body: Buffer; readonly contentType: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly status: number }
  | {
      readonly kind: 'later';
      readonly reason: string;
      readonly status?: number;
      /** The system's word where nothing answered: `ECONNREFUSED`. */
      readonly code?: string | undefined;
      /** What the server asked for. */
      readonly afterMs?: number | undefined;
    };

const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Whoever asks for more is asked again sooner: a day of spans does not fit into memory. */
const RETRY_AFTER_MAX_MS = 5 * 60_000;
const ANSWER_BYTES_MAX = 64 * 1024;
const compress = promisify(gzip);

/** Posts it. Never rejects. */
export async function postOtlp(target: PostTarget, body: Uint8Array): Promise<PostOutcome> {
  try {
    const url = new URL(target.url);
    const headers = await target.headers();
    const agent = await target.agent(url.protocol);
    const sent = target.isGzip ? await compress(body) : body;
    if (target.isGzip) headers['Content-Encoding'] = 'gzip';
    headers['Content-Length'] = String(sent.length);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, { method: 'POST', headers, agent });
    return await answerTo(request, sent, target.timeoutMs);
  } catch (error) {
    return later(error);
  }
}

function answerTo(
  request: ClientRequest,
  body: Uint8Array,
  timeoutMs: number,
): Promise<PostOutcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      request.destroy();
      resolve({ kind: 'later', reason: `no answer within ${timeoutMs} ms`, code: 'ETIMEDOUT' });
    }, timeoutMs);
    timer.unref();
    const settle = (outcome: PostOutcome): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    request.on('socket', (socket) => socket.unref());
    request.on('error', (error) => settle(later(error)));
    request.on('response', (response) => {
      readAnswer(response).then(settle, (error: unknown) => settle(later(error)));
    });
    request.end(body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<PostOutcome> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= ANSWER_BYTES_MAX) chunks.push(chunk);
  }
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) {
    const contentType = response.headers['content-type'] ?? '';
    return { kind: 'sent', body: Buffer.concat(chunks), contentType };
  }
  const reason = `HTTP ${status} ${response.statusMessage ?? ''}`.trim();
  if (!RETRYABLE.has(status)) return { kind: 'refused', reason, status };
  return { kind: 'later', reason, status, afterMs: retryAfterMs(response.headers['retry-after']) };
}

/** RFC 9110, 10.2.3: seconds or a date. At most some minutes. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), RETRY_AFTER_MAX_MS);
}

function later(error: unknown): PostOutcome {
  const { code, message } = error as NodeJS.ErrnoException;
  return { kind: 'later', reason: message || (code ?? String(error)), code };
}
