/**
 * The answer of a read as a stream of bytes in any format and in constant memory: the engine
 * writes it `INTO OUTFILE` into a named pipe that this process reads.
 * chdb's own queryStream was measured and left: it plans the query on the event loop (a scalar
 * subquery of 2 s stalled every other request for 2 s) and repeats headers in each chunk.
 * Invariant: the stream always ends, also when the engine never opened the pipe.
 */
import { execFile } from 'node:child_process';
import { closeSync, constants, createReadStream, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type { ChdbResult } from 'chdb';
import { quoteString } from '../sql-text.ts';
import type { Place } from './engine.ts';
import { toEngineError } from './engine-error.ts';
import type { Statement } from './statement.ts';

/** An answer under way: its bytes, and the end of the statement behind it. */
export interface ResultStream {
  readonly bytes: Readable;
  /** Settles when the engine is done with the statement. */
  readonly done: Promise<ChdbResult>;
  /** The end, where it was there before the first byte. */
  readonly ended: ChdbResult | null;
}

/** A read to run. */
export interface ReadStatement {
  readonly statement: Statement;
  readonly sql: string;
  readonly format: string;
}

/** Makes one named pipe for each place of the read lane; null where the system has no mkfifo. */
export async function makePipes(directory: string, count: number): Promise<string[] | null> {
  const paths = Array.from({ length: count }, (_, place) => `${directory}/result-${place}.pipe`);
  try {
    await promisify(execFile)('mkfifo', ['-m', '600', ...paths]);
    return paths;
  } catch {
    // Without named pipes every answer goes through a file instead: slower, never wrong.
    return null;
  }
}

/** Starts a read whose answer flows through the pipe at `pipePath`. */
export function streamThroughPipe(
  place: Place,
  read: ReadStatement,
  pipePath: string,
): ResultStream {
  const descriptor = openSync(pipePath, constants.O_RDONLY | constants.O_NONBLOCK);
  const bytes = new Socket({ fd: descriptor, readable: true, writable: false });
  const done = runInto(place, read, `${quoteString(pipePath)} APPEND`).finally(() =>
    closeWriteEnd(pipePath),
  );
  // The one who reads the bytes awaits `done` after them; until then a failure is not unhandled.
  done.catch(() => undefined);
  return { bytes, done, ended: null };
}

/** Runs a read to its end into a file, then gives the file's bytes (`wait_end_of_query`). */
export async function streamThroughFile(
  place: Place,
  read: ReadStatement,
  filePath: string,
): Promise<ResultStream> {
  const result = await runInto(place, read, quoteString(filePath));
  return { bytes: createReadStream(filePath), done: Promise.resolve(result), ended: result };
}

async function runInto(place: Place, read: ReadStatement, target: string): Promise<ChdbResult> {
  const { statement, sql, format } = read;
  const bytes = Buffer.from(sql);
  const before = bytes.toString('utf8', 0, statement.outputAt);
  const after =
    statement.format === null ? `FORMAT ${format}` : bytes.toString('utf8', statement.outputAt);
  const { session, run } = place;
  try {
    return await session.queryAsync(`${run.marker}${before}\nINTO OUTFILE ${target} ${after}`);
  } catch (thrown) {
    throw await withoutOutfile(place, sql, thrown);
  }
}

/** A syntax error would point at the INTO OUTFILE put in, so the parser is asked about the original. */
async function withoutOutfile(place: Place, sql: string, thrown: unknown): Promise<unknown> {
  if (toEngineError(thrown).code !== 62) {
    return thrown;
  }
  try {
    await place.session.queryAsync(sql, { format: 'Null' });
    return thrown;
  } catch (plain) {
    return plain;
  }
}

/** Opening and closing the write end makes the reader see the end, even if nobody else wrote. */
function closeWriteEnd(pipePath: string): void {
  try {
    closeSync(openSync(pipePath, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch (thrown) {
    // ENXIO: the reader has closed already, which is what this is for.
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENXIO')) {
      throw thrown;
    }
  }
}
