/**
 * Sends the answer of a statement. Invariant: memory stays constant whatever the size of the
 * answer; a small answer carries its length and the counts of the whole statement in its headers.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import type { Writable } from 'node:stream';
import type { ChdbResult } from 'chdb';
import { type AnswerBody, type BodyCodings, openAnswerBody } from './answer-body.ts';
import { toEngineError } from './engine-error.ts';
import { EXCEPTION_TAG_HEADER, exceptionBlock, makeExceptionTag } from './exception-block.ts';
import type { ResultStream } from './result-stream.ts';
import type { Run } from './runs.ts';

/** How an answer is to be sent. */
export interface SendAs {
  readonly format: string;
  readonly run: Run;
  /** A client that takes nothing for so long is cut off. */
  readonly stalledMsMax: number;
  readonly codings: BodyCodings;
  /** Of the engine, for the text of an error. */
  readonly version: string;
}

/** An answer up to this size is sent at once, with its length. */
const WHOLE_BYTES_MAX = 64 * 1024;

/** Sends a stream. Rejects with the statement's error while nothing was sent; later ones end the body. */
export async function sendResult(
  response: ServerResponse,
  result: ResultStream,
  as: SendAs,
): Promise<void> {
  const tag = makeExceptionTag();
  response.setHeader(EXCEPTION_TAG_HEADER, tag);
  const sending: Sending = { body: null, held: [] };
  try {
    await sendBytes(response, result, as, sending);
    const end = await result.done;
    if (sending.body === null) {
      writeHead(response, as.format, summaryOf(end));
      openAnswerBody(response, as.codings).end(Buffer.concat(sending.held));
    } else {
      sending.body.end();
    }
  } catch (thrown) {
    if (sending.body === null) throw thrown;
    const { message } = toEngineError(thrown);
    sending.body.cut(exceptionBlock(`${message} (version ${as.version})`, tag));
  }
}

/** How far an answer is; `held` is what waits for the decision whether it is small. */
interface Sending {
  body: AnswerBody | null;
  held: Buffer[];
}

async function sendBytes(
  response: ServerResponse,
  result: ResultStream,
  as: SendAs,
  sending: Sending,
): Promise<void> {
  let heldBytes = 0;
  for await (const chunk of result.bytes as AsyncIterable<Buffer>) {
    // With its client gone the statement is being killed, and must be able to write until it ends.
    if (response.destroyed) {
      continue;
    }
    if (sending.body === null) {
      sending.held.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes > WHOLE_BYTES_MAX) {
        writeHead(response, as.format, summaryOf(result.ended));
        sending.body = openAnswerBody(response, as.codings);
        await give(response, sending.body.sink, Buffer.concat(sending.held), as);
        sending.held = [];
      }
    } else {
      await give(response, sending.body.sink, chunk, as);
    }
  }
}

/** Sends an answer that is in memory: of an insert, of a change to tables, of KILL. */
export function sendWhole(
  response: ServerResponse,
  result: ChdbResult,
  counts: { format: string; writtenRows: number; writtenBytes: number },
  codings: BodyCodings,
): void {
  const summary = summaryOf(result, counts.writtenRows, counts.writtenBytes);
  writeHead(response, counts.format, summary);
  openAnswerBody(response, codings).end(Buffer.from(result.bytes()));
}

function writeHead(response: ServerResponse, format: string, summary: string): void {
  response.statusCode = 200;
  response.setHeader('Content-Type', contentTypeOf(format));
  response.setHeader('X-ClickHouse-Format', format);
  response.setHeader('X-ClickHouse-Summary', summary);
}

/** What every answer to a statement tells, errors included. */
export function tellServer(response: ServerResponse, queryId: string): void {
  response.setHeader('X-ClickHouse-Query-Id', queryId);
  response.setHeader('X-ClickHouse-Timezone', 'UTC');
  response.setHeader('X-ClickHouse-Server-Display-Name', hostname());
}

/** Sends bytes that are no result of the engine. */
export function sendBlock(response: ServerResponse, block: Buffer, codings: BodyCodings): void {
  writeHead(response, 'Native', summaryOf(null));
  openAnswerBody(response, codings).end(block);
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

/**
 * Counts as strings, as the server writes them. Zeros while a statement still runs. What chdb counts are the rows of
 * the result; how many were read for them it does not tell, and at least so many they were. (The JDBC driver takes an
 * answer without `result_rows` for an empty one.)
 */
function summaryOf(result: ChdbResult | null, writtenRows = 0, writtenBytes = 0): string {
  return JSON.stringify({
    read_rows: String(result?.rowsRead ?? 0),
    read_bytes: String(result?.bytesRead ?? 0),
    written_rows: String(writtenRows),
    written_bytes: String(writtenBytes),
    total_rows_to_read: '0',
    result_rows: String(result?.rowsRead ?? 0),
    result_bytes: String(result?.bytesRead ?? 0),
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
