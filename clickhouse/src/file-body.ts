/** A file or a stream as the body of a request. Invariant: one that fails half way ends the request, not us. */
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** Opens the file, sends it, and closes it. Rejects when it cannot be opened or read, or with what `send` rejects. */
export async function sendFile<T>(path: string, send: (body: Readable) => Promise<T>): Promise<T> {
  const file = await open(path);
  try {
    return await sendStream(file.createReadStream(), send);
  } finally {
    // The stream has closed it, unless it never began.
    await file.close().catch(() => undefined);
  }
}

/** Sends it, and destroys it. Rejects when it cannot be read to its end, or with what `send` rejects. */
export async function sendStream<T>(
  body: Readable,
  send: (body: Readable) => Promise<T>,
): Promise<T> {
  const unreadable = new Promise<never>((_, reject) => body.once('error', reject));
  try {
    const sent = send(body);
    for (const either of [sent, unreadable]) {
      // Whichever comes second, nobody waits for it any more.
      either.catch(() => undefined);
    }
    return await Promise.race([sent, unreadable]);
  } finally {
    body.destroy();
  }
}
