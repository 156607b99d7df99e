/**
 * Sends the answer of a statement. Invariant: memory stays constant whatever the size of the
 * answer; a small answer carries its length and the counts of the whole statement in its headers.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Transform, Writable } from 'node:stream';
import { createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib';
import type { ChdbResult } from 'chdb';
import type { ResultStream } from './result-stream.ts';
import type { Run } from './runs.ts';

/** How an answer is to be sent. */
export interface SendAs {
  readonly format: string;
  readonly run: Run;
  /** A client that takes nothing for so long is cut off. */
  readonly stalledMsMax: number;
  /** The `Accept-Encoding` to choose from; '' for none. */
  readonly encoding: string;
}

/** An answer up to this size is sent at once, with its length. */
const WHOLE_BYTES_MAX = 64 * 1024;

const ENCODERS: readonly (readonly [string, () => Transform])[] = [
  ['gzip', createGzip],
  ['zstd', createZstdCompress],
  ['br', createBrotliCompress],
  ['deflate', createDeflate],
];

/** Sends a stream. Rejects with the statement's error; the caller answers it or cuts the line. */
export async function sendResult(
  response: ServerResponse,
  result: ResultStream,
  as: SendAs,
): Promise<void> {
  const held: Buffer[] = [];
  let heldBytes = 0;
  let sink: Writable | null = null;
  for await (const chunk of result.bytes as AsyncIterable<Buffer>) {
    // With its client gone the statement is being killed, and must be able to write until it ends.
    if (response.destroyed) {
      continue;
    }
    if (sink === null) {
      held.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes > WHOLE_BYTES_MAX) {
        writeHead(response, as.format, summaryOf(null));
        sink = encodedSink(response, as.encoding);
        await give(response, sink, Buffer.concat(held), as);
      }
    } else {
      await give(response, sink, chunk, as);
    }
  }
  const end = await result.done;
  if (sink === null) {
    writeHead(response, as.format, summaryOf(end));
    sink = encodedSink(response, as.encoding);
    sink.end(Buffer.concat(held));
  } else {
    sink.end();
  }
}

/** Sends an answer that is in memory: of an insert, of a change to tables, of KILL. */
export function sendWhole(
  response: ServerResponse,
  result: ChdbResult,
  counts: { format: string; writtenRows: number; writtenBytes: number },
): void {
  const summary = summaryOf(result, counts.writtenRows, counts.writtenBytes);
  writeHead(response, counts.format, summary);
  response.end(Buffer.from(result.bytes()));
}

function writeHead(response: ServerResponse, format: string, summary: string): void {
  response.statusCode = 200;
  response.setHeader('Content-Type', contentTypeOf(format));
  response.setHeader('X-ClickHouse-Format', format);
  response.setHeader('X-ClickHouse-Summary', summary);
}

/** Puts the encoder the client accepts before the response; sets `Content-Encoding`. */
function encodedSink(response: ServerResponse, accepted: string): Writable {
  const names = accepted.split(',').map((name) => name.split(';')[0]?.trim());
  const found = ENCODERS.find(([name]) => names.includes(name));
  if (found === undefined) {
    return response;
  }
  response.setHeader('Content-Encoding', found[0]);
  const encoder = found[1]();
  encoder.pipe(response);
  return encoder;
}

/** Writes and waits for the client to take it; a client that takes nothing is cut off. */
async function give(
  response: ServerResponse,
  sink: Writable,
  chunk: Buffer,
  as: SendAs,
): Promise<void> {
  if (sink.write(chunk) || response.destroyed) {
    return;
  }
  const waiting = new AbortController();
  const stalled = setTimeout(() => response.destroy(), as.stalledMsMax);
  const stop = { signal: waiting.signal };
  try {
    await Promise.race([once(sink, 'drain', stop), once(response, 'close', stop)]);
  } finally {
    clearTimeout(stalled);
    waiting.abort();
  }
}

/** Counts as strings, as the server writes them. Zeros while a statement still runs. */
function summaryOf(result: ChdbResult | null, writtenRows = 0, writtenBytes = 0): string {
  return JSON.stringify({
    read_rows: String(result?.rowsRead ?? 0),
    read_bytes: String(result?.bytesRead ?? 0),
    written_rows: String(writtenRows),
    written_bytes: String(writtenBytes),
    total_rows_to_read: '0',
    elapsed_ns: String(Math.round((result?.elapsed ?? 0) * 1e9)),
  });
}

function contentTypeOf(format: string): string {
  if (/^(JSON|JSONCompact|JSONStrings|JSONCompactStrings|JSONColumns.*)$/i.test(format)) {
    return 'application/json; charset=UTF-8';
  }
  if (/^JSON.*EachRow/i.test(format)) {
    return 'application/x-ndjson; charset=UTF-8';
  }
  if (/^CSV/i.test(format)) {
    return 'text/csv; charset=UTF-8; header=absent';
  }
  if (/^(TSV|TabSeparated)/i.test(format)) {
    return 'text/tab-separated-values; charset=UTF-8';
  }
  return /^(Native|RowBinary|Parquet|Arrow|ORC|Avro)/i.test(format)
    ? 'application/octet-stream'
    : 'text/plain; charset=UTF-8';
}
