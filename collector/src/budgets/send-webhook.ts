/**
 * One POST of one message to one webhook, signed as Standard Webhooks 1.0 has it: HMAC-SHA256 over
 * `<id>.<timestamp>.<body>`. Nothing of the answer is kept but its status: it may come from inside a network.
 */
import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import {
  hostOf,
  isPrivateAddress,
  lookupPublic,
  PrivateAddressError,
} from './private-addresses.ts';

export interface WebhookMessage {
  /** The same at each attempt: the receiver tells a repeated message by it. Holds no full stop. */
  readonly id: string;
  readonly body: string;
}

export interface SendOptions {
  readonly url: string;
  readonly secret: Uint8Array;
  /** Seconds since 1970, of this attempt. */
  readonly timestamp: number;
  readonly timeoutMs: number;
  /** Ends the attempt when the collector stops. */
  readonly signal: AbortSignal;
  readonly mayBePrivate: boolean;
}

export interface SendOutcome {
  /** 0: no answer came. */
  readonly status: number;
  /** '' when it was taken. */
  readonly error: string;
}

const signatureOf = ({ id, body }: WebhookMessage, timestamp: number, secret: Uint8Array): string =>
  `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`;

/** Resolves whatever happens: an error is an outcome. Redirects are not followed. */
export async function sendWebhook(
  message: WebhookMessage,
  options: SendOptions,
): Promise<SendOutcome> {
  try {
    const status = await post(message, options);
    const error = status >= 200 && status < 300 ? '' : `answered ${status}`;
    return { status, error };
  } catch (error) {
    return { status: 0, error: describe(error, options.timeoutMs) };
  }
}

class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';

  constructor() {
    super('the connection ended without an answer');
  }
}

function describe(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return 'failed';
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  if (error.name === 'AbortError') return 'ended with the collector';
  if (error instanceof PrivateAddressError) return error.message;
  if (error instanceof NoAnswerError) return error.message;
  // A code such as ECONNREFUSED says enough, and nothing of where names point to.
  return 'code' in error ? String(error.code) : error.name;
}

function post(message: WebhookMessage, options: SendOptions): Promise<number> {
  const url = new URL(options.url);
  const host = hostOf(url.hostname);
  if (!options.mayBePrivate && isIP(host) !== 0 && isPrivateAddress(host)) {
    throw new PrivateAddressError(host);
  }
  const { timestamp, secret } = options;
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      agent: false,
      signal: AbortSignal.any([AbortSignal.timeout(options.timeoutMs), options.signal]),
      ...(options.mayBePrivate ? {} : { lookup: lookupPublic }),
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(message.body),
        'user-agent': 'aicost',
        'webhook-id': message.id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signatureOf(message, timestamp, secret),
      },
    });
    sent.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sent.on('error', (error) => {
      // Node hides the reason of an aborted signal behind AbortError.
      const isLate = error.name === 'AbortError' && !options.signal.aborted;
      reject(isLate ? new DOMException('', 'TimeoutError') : error);
    });
    // After the others: an answer of 101 is neither, and Node ends the connection.
    sent.on('close', () => reject(new NoAnswerError()));
    sent.end(message.body);
  });
}
