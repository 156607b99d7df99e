/**
 * One query request from its statement to its answer.
 * Invariant: a read whose client is gone is stopped; an insert whose client is gone runs on to its
 * end, because half an answer must not decide whether rows exist: ask /engine/running instead.
 */
import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BodyCodings } from './answer-body.ts';
import { type Engine, type Place, runWhole } from './engine.ts';
import { CODE, engineError } from './engine-error.ts';
import type { EngineOptions } from './engine-options.ts';
import { isNativeHandshake, nativeHandshake } from './native-handshake.ts';
import { type QueryParams, readQueryParams } from './query-params.ts';
import { refuseToWriteOutside } from './reading-only.ts';
import { type ReceivedStatement, receiveStatement } from './request-body.ts';
import { streamThroughFile, streamThroughPipe } from './result-stream.ts';
import { sendBlock, sendResult, sendWhole, tellServer } from './send-result.ts';

/** What answers need beside the request. */
export interface ServeContext {
  readonly engine: Engine;
  readonly options: EngineOptions;
  /** One named pipe for each reading place, or null. */
  readonly pipes: readonly string[] | null;
}

/** A query request being answered. */
export interface QueryRequest extends ServeContext {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly params: URLSearchParams;
  readonly queryId: string;
}

/** Rows and bytes written, from the engine's own counters; exact while one insert runs at a time. */
interface Written {
  readonly rows: number;
  readonly bytes: number;
}

let spoolSequence = 0;

/** Answers one query. Throws EngineError while nothing was sent. */
export async function answerQuery(query: QueryRequest): Promise<void> {
  const { engine, request, response, queryId, options } = query;
  const asked = readQueryParams(query.params, request.headers);
  tellServer(response, queryId);
  spoolSequence += 1;
  const spoolPath = `${options.dataDir}/spool/${process.pid}-${spoolSequence}.bin`;
  try {
    const received = await receiveStatement(request, query.params.get('query') ?? '', spoolPath);
    refuseStatement(received, request.method ?? 'GET');
    if ((asked.settings.get('readonly') ?? '0') !== '0') refuseToWriteOutside(received.sql);
    const { kind, format } = received.statement;
    if (isNativeHandshake(received.sql, asked.revision, format ?? asked.defaultFormat)) {
      sendBlock(response, nativeHandshake(engine.version), codingsOf(query, asked));
      return;
    }
    const run = engine.runs.begin(queryId, kind);
    const stopForGoneClient = () => {
      if (kind === 'read') {
        run.cancel();
      }
    };
    response.once('close', stopForGoneClient);
    try {
      await engine.withPlace(run, { kind, ...asked }, (place) =>
        kind === 'read'
          ? answerRead(query, asked, received, { place, spoolPath })
          : answerOther(query, asked, received, place),
      );
    } finally {
      response.off('close', stopForGoneClient);
      engine.runs.end(run);
    }
  } finally {
    await rm(spoolPath, { force: true });
  }
}

function refuseStatement(received: ReceivedStatement, method: string): void {
  const { kind, verb } = received.statement;
  if (method !== 'POST' && kind !== 'read') {
    throw engineError(
      CODE.readonly,
      `Cannot execute query in readonly mode. For queries over HTTP, method ${method} implies readonly. ` +
        'You should use method POST for modifying queries.',
    );
  }
  if (verb === 'KILL' && /\bSYNC\b/i.test(received.sql)) {
    throw engineError(
      CODE.notImplemented,
      'KILL … SYNC never returns in the embedded engine: use ASYNC.',
    );
  }
}

async function answerRead(
  query: QueryRequest,
  asked: QueryParams,
  { statement, sql }: ReceivedStatement,
  { place, spoolPath }: { place: Place; spoolPath: string },
): Promise<void> {
  const read = { statement, sql, format: statement.format ?? asked.defaultFormat };
  const pipePath = asked.waitsForEnd ? undefined : query.pipes?.[place.number];
  const result =
    pipePath === undefined
      ? await streamThroughFile(place, read, spoolPath)
      : streamThroughPipe(place, read, pipePath);
  await sendResult(query.response, result, {
    format: read.format,
    run: place.run,
    stalledMsMax: query.options.stalledClientMsMax,
    codings: codingsOf(query, asked),
    version: query.engine.version,
  });
}

function codingsOf({ request }: QueryRequest, asked: QueryParams): BodyCodings {
  const accepted = asked.compresses ? String(request.headers['accept-encoding'] ?? '') : '';
  return { acceptEncoding: accepted, frames: asked.frames };
}

async function answerOther(
  query: QueryRequest,
  asked: QueryParams,
  { statement, sql }: ReceivedStatement,
  place: Place,
): Promise<void> {
  const writes = statement.kind === 'insert';
  const before = writes ? await readWritten(place) : null;
  const format = statement.format ?? asked.defaultFormat;
  const result = await runWhole(place, sql, format);
  const after = before === null ? null : await readWritten(place);
  const counts = {
    format,
    writtenRows: after === null || before === null ? 0 : after.rows - before.rows,
    writtenBytes: after === null || before === null ? 0 : after.bytes - before.bytes,
  };
  sendWhole(query.response, result, counts, codingsOf(query, asked));
}

async function readWritten(place: Place): Promise<Written> {
  const result = await place.session.queryAsync(
    "SELECT sumIf(value, event = 'InsertedRows') AS rows, sumIf(value, event = 'InsertedBytes') AS bytes FROM system.events",
    { format: 'JSONEachRow' },
  );
  const row = result.json<{ rows: string | number; bytes: string | number }[]>();
  const first = Array.isArray(row) ? row[0] : row;
  return { rows: Number(first?.rows ?? 0), bytes: Number(first?.bytes ?? 0) };
}
