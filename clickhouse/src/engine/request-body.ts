/**
 * From an HTTP request to one statement and, for an INSERT, a file with its data.
 * Invariant: data never passes through a string, so any byte arrives unchanged; and no more than
 * HEAD_BYTES of it is held in memory.
 */
import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { pipeline as connect, Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from 'node:zlib';
import { quoteString } from '../sql-text.ts';
import { CODE, engineError } from './engine-error.ts';
import { readStatement, type Statement } from './statement.ts';

/** The longest statement (without the data of an INSERT). */
const STATEMENT_BYTES_MAX = 16 * 1024 * 1024;
const HEAD_BYTES = 1024 * 1024;

/** A statement ready to run. */
export interface ReceivedStatement {
  readonly statement: Statement;
  /** The text to run; for an INSERT with data it reads from `dataPath`. */
  readonly sql: string;
  /** A file to remove afterwards, or null. */
  readonly dataPath: string | null;
}

/** Takes the content encoding off a request. Throws 48 for one that is not known. */
function decodedBody(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const decoders = {
    gzip: createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
    zstd: createZstdDecompress,
  };
  if (encoding === 'identity' || encoding === '') {
    return request;
  }
  const decoder = Reflect.get(decoders, encoding) as (() => Transform) | undefined;
  if (decoder === undefined) {
    throw engineError(CODE.notImplemented, `Content-Encoding "${encoding}": use gzip, br or zstd.`);
  }
  // A body that breaks off destroys the decoder too, so its reader sees the error.
  return connect(request, decoder(), () => undefined);
}

/**
 * Reads the statement from the URL and the body together. `spoolPath` names the file that takes
 * the data; it is made only when there is data.
 */
export async function receiveStatement(
  request: IncomingMessage,
  urlQuery: string,
  spoolPath: string,
): Promise<ReceivedStatement> {
  const body = decodedBody(request)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const fromUrl = Buffer.from(urlQuery === '' ? '' : `${urlQuery}\n`);
  const early = urlQuery === '' ? null : tryInsert(fromUrl);
  if (early !== null) {
    return spool(early, fromUrl, body, spoolPath);
  }
  const start = await readUpTo(body, fromUrl, HEAD_BYTES);
  const large = start.ended ? null : tryInsert(start.head);
  if (large !== null) {
    return spool(large, start.head, body, spoolPath);
  }
  const { head, ended } = start.ended
    ? start
    : await readUpTo(body, start.head, STATEMENT_BYTES_MAX);
  if (!ended) {
    throw engineError(
      CODE.queryTooLarge,
      `The statement is longer than ${STATEMENT_BYTES_MAX} bytes.`,
    );
  }
  const statement = readStatement(head.toString('latin1'));
  if (statement.insert?.takesData === true) {
    return spool(statement, head, body, spoolPath);
  }
  return { statement, sql: head.toString('utf8', 0, statement.end), dataPath: null };
}

/** Reads on until more than `bytesMax` are there or the body ends. */
async function readUpTo(body: AsyncIterator<Buffer>, before: Buffer, bytesMax: number) {
  const chunks = [before];
  let bytes = before.length;
  while (bytes <= bytesMax) {
    const next = await body.next();
    if (next.done === true) {
      return { head: Buffer.concat(chunks), ended: true };
    }
    chunks.push(next.value);
    bytes += next.value.length;
  }
  return { head: Buffer.concat(chunks), ended: false };
}

/** The statement when the text so far is an INSERT that is complete up to its data. */
function tryInsert(head: Buffer): Statement | null {
  const text = head.toString('latin1');
  if (!/^[\s\S]*?\binsert\b/i.test(text.slice(0, 65_536))) {
    return null;
  }
  const statement = readStatement(text);
  return statement.insert?.takesData === true ? statement : null;
}

async function spool(
  statement: Statement,
  head: Buffer,
  body: AsyncIterator<Buffer>,
  spoolPath: string,
): Promise<ReceivedStatement> {
  const { insert } = statement;
  if (insert === null || insert.format === null) {
    throw new Error('spool() is for an INSERT that takes data');
  }
  async function* data(dataAt: number) {
    yield head.subarray(dataAt);
    for (let next = await body.next(); next.done !== true; next = await body.next()) {
      yield next.value;
    }
  }
  await pipeline(Readable.from(data(insert.dataAt)), createWriteStream(spoolPath, { mode: 0o600 }));
  const text = (from: number, to: number) => head.toString('utf8', from, to);
  const path = quoteString(spoolPath);
  const sql =
    insert.input === null
      ? `${text(0, insert.infileAt)} FROM INFILE ${path} COMPRESSION 'none' ${text(insert.infileAt, insert.textEnd)} FORMAT ${insert.format}`
      : `${text(0, insert.input.start)}file(${path}, ${quoteString(insert.format)}, ${insert.input.structure})${text(insert.input.end, insert.textEnd)}`;
  return { statement, sql, dataPath: spoolPath };
}
