// Asks a collector for an export over Node's own HTTP: fetch does not show trailers, and the checksum is one.
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { CommandError } from './command.ts';

export interface ExportAnswer {
  /** Null where an export that is cut off cannot go on. */
  readonly resumeToken: string | null;
  /** The body as it comes; throws CommandError where it breaks off. */
  readonly body: AsyncIterable<Buffer>;
  /** After the last byte. */
  trailers(): { readonly sha256: string; readonly rows: number | null };
}

const BROKE_OFF = 'The collector broke off the export, or the connection to it was lost';

/** Resolves when the body begins. Rejects with CommandError when the collector refuses. */
export async function askExport(
  to: { readonly url: string; readonly key: string },
  path: string,
): Promise<ExportAnswer> {
  const response = await send(to, path);
  if (response.statusCode !== 200) {
    const answered = Buffer.concat(await response.toArray()).toString();
    throw new CommandError(`${to.url} answered ${response.statusCode}: ${detailIn(answered)}`);
  }
  const token = response.headers['x-export-resume'];
  return {
    resumeToken: typeof token === 'string' ? token : null,
    body: untilCut(response),
    trailers: () => {
      const sha256 = response.trailers['x-checksum-sha256'];
      if (sha256 === undefined) throw new CommandError(`${BROKE_OFF}: it has no checksum.`);
      const rows = response.trailers['x-row-count'];
      return { sha256, rows: rows === undefined ? null : Number(rows) };
    },
  };
}

function send({ url, key }: { url: string; key: string }, path: string): Promise<IncomingMessage> {
  const ask = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = ask(`${url}${path}`, { headers: { 'x-api-key': key }, agent: false });
    sent.once('response', resolve);
    sent.once('error', (cause) => {
      const words = `No collector answers at ${url}. Start one with aicost start, or name another with --url.`;
      reject(new CommandError(words, { cause }));
    });
    sent.end();
  });
}

async function* untilCut(response: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (cause) {
    throw new CommandError(`${BROKE_OFF}.`, { cause });
  }
}

/** What a problem says; of an answer that is none, its beginning. */
function detailIn(answered: string): string {
  try {
    const { detail } = JSON.parse(answered) as { detail?: unknown };
    return String(detail);
  } catch {
    return answered.slice(0, 200);
  }
}
