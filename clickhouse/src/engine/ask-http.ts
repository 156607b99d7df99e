/**
 * One plain HTTP request for the tests of the protocol: no client library between test and bytes.
 */
import { request } from 'node:http';

/** Where to ask. */
export type HttpTarget = { readonly socketPath: string } | { readonly url: string };

/** What came back. `broken` is set when the connection ended before the answer did. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly text: string;
  readonly broken: boolean;
}

/** A request; `params` go into the URL. */
export interface HttpAsk {
  readonly path?: string;
  readonly method?: 'GET' | 'POST';
  readonly params?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
}

/** Sends it and reads the whole answer. Rejects when no answer begins. */
export function askHttp(target: HttpTarget, ask: HttpAsk): Promise<HttpAnswer> {
  const base = 'url' in target ? target.url : 'http://engine';
  const url = new URL(ask.path ?? '/', base);
  url.search = new URLSearchParams(ask.params).toString();
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      ...('socketPath' in target ? { socketPath: target.socketPath } : {}),
      method: ask.method ?? 'POST',
      headers: { ...ask.headers },
      agent: false,
      ...(ask.signal === undefined ? {} : { signal: ask.signal }),
    });
    sent.once('error', reject);
    sent.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', () => undefined);
      response.once('close', () => {
        const body = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body,
          text: body.toString(),
          broken: !response.complete,
        });
      });
    });
    sent.end(ask.body);
  });
}
