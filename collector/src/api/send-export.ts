// Passes the bytes of an export on to a client, at the client's pace, and counts and hashes them on the way.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createRowCounter } from '@ai-cost-profiler/queries/export/count-rows.ts';
import type { ExportFormat } from '@ai-cost-profiler/queries/export/export-table.ts';
import { InputProblem } from '@ai-cost-profiler/queries/input-problem.ts';
import type { Response } from 'express';
import { ReaderPace } from './reader-pace.ts';

/** SHA-256 of the whole body in hexadecimal, of its first part too where this answer goes on with a second. */
export const CHECKSUM_TRAILER = 'x-checksum-sha256';
/** Rows of the whole body. */
export const ROWS_TRAILER = 'x-row-count';

export interface SendAs {
  readonly format: ExportFormat;
  /** Bytes that the client has already: they are made again, counted and hashed, and not sent. */
  readonly offsetBytes: number;
  /** Of the answer, set when it begins: a problem has others. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Sends a body from `offsetBytes` on. Throws InputProblem where it is not that long, and what making it throws; the
 * caller ends the connection.
 */
export async function sendExport(
  response: Response,
  body: AsyncIterable<Uint8Array>,
  { format, offsetBytes, headers }: SendAs,
): Promise<void> {
  const hash = createHash('sha256');
  const counter = createRowCounter(format);
  const pace = new ReaderPace();
  let toSkip = offsetBytes;
  let takenBytes = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    counter.take(chunk);
    const rest = toSkip === 0 ? chunk : chunk.subarray(toSkip);
    toSkip -= chunk.length - rest.length;
    takenBytes += rest.length;
    if (rest.length > 0) {
      // Not before the first bytes: what fails until then is a problem with a body of its own.
      begin(response, headers);
      if (!response.write(rest)) await taken(response, { pace, takenBytes });
    }
    if (response.destroyed) return;
  }
  if (toSkip > 0) {
    const expected = `at most ${offsetBytes - toSkip}, which is all of the body`;
    throw new InputProblem([{ field: 'offset_bytes', value: String(offsetBytes), expected }]);
  }
  begin(response, headers);
  const rows = counter.rows();
  response.addTrailers({
    [CHECKSUM_TRAILER]: hash.digest('hex'),
    ...(rows === null ? {} : { [ROWS_TRAILER]: String(rows) }),
  });
  response.end();
}

function begin(response: Response, headers: SendAs['headers']): void {
  if (response.headersSent) return;
  response.set({ ...headers, trailer: `${CHECKSUM_TRAILER}, ${ROWS_TRAILER}` }).flushHeaders();
}

/** Until the client has taken what was written, or is gone, or too slow. */
async function taken(
  response: Response,
  { pace, takenBytes }: { readonly pace: ReaderPace; readonly takenBytes: number },
): Promise<void> {
  if (response.destroyed) return;
  const waiting = new AbortController();
  const sinceMs = performance.now();
  const stalled = setTimeout(() => response.destroy(), pace.waitMsMax(takenBytes));
  const { signal } = waiting;
  try {
    await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  } finally {
    clearTimeout(stalled);
    pace.waited(performance.now() - sinceMs);
    waiting.abort();
  }
}
