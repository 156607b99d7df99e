/**
 * Errors in ClickHouse's own words: a numeric code, a text, and the HTTP status the server would
 * answer with. Invariant: every error that leaves the engine carries a code.
 */

/** ClickHouse error codes that the engine itself raises. */
export const CODE = {
  badArguments: 36,
  notImplemented: 48,
  syntaxError: 62,
  unknownTypeOfQuery: 78,
  timeoutExceeded: 159,
  readonly: 164,
  tooManyQueries: 202,
  sameIdRunning: 216,
  queryTooLarge: 229,
  aborted: 236,
  outfileNotAllowed: 358,
  sessionNotFound: 372,
  sessionIsLocked: 373,
  invalidSessionTimeout: 374,
  queryCancelled: 394,
  unknownException: 1002,
} as const;

const NAMES = new Map<number, string>([
  [CODE.badArguments, 'BAD_ARGUMENTS'],
  [CODE.notImplemented, 'NOT_IMPLEMENTED'],
  [CODE.syntaxError, 'SYNTAX_ERROR'],
  [CODE.unknownTypeOfQuery, 'UNKNOWN_TYPE_OF_QUERY'],
  [CODE.timeoutExceeded, 'TIMEOUT_EXCEEDED'],
  [CODE.readonly, 'READONLY'],
  [CODE.tooManyQueries, 'TOO_MANY_SIMULTANEOUS_QUERIES'],
  [CODE.sameIdRunning, 'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING'],
  [CODE.queryTooLarge, 'QUERY_IS_TOO_LARGE'],
  [CODE.aborted, 'ABORTED'],
  [CODE.outfileNotAllowed, 'INTO_OUTFILE_NOT_ALLOWED'],
  [CODE.sessionNotFound, 'SESSION_NOT_FOUND'],
  [CODE.sessionIsLocked, 'SESSION_IS_LOCKED'],
  [CODE.invalidSessionTimeout, 'INVALID_SESSION_TIMEOUT'],
  [CODE.queryCancelled, 'QUERY_WAS_CANCELLED'],
  [CODE.unknownException, 'UNKNOWN_EXCEPTION'],
]);

/** An error with a ClickHouse code; `message` is the full text a client gets. */
class EngineError extends Error {
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EngineError';
    this.code = code;
  }
}

/** Makes an error of the engine's own in the form the server uses. */
export function engineError(code: number, text: string): EngineError {
  return new EngineError(
    code,
    `Code: ${code}. DB::Exception: ${text} (${NAMES.get(code) ?? 'UNKNOWN_EXCEPTION'})`,
  );
}

/** Gives any thrown value a code: the one in its text, else 1002 (unknown exception). */
export function toEngineError(thrown: unknown): EngineError {
  if (thrown instanceof EngineError) {
    return thrown;
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = /^Code:\s*(\d+)\./.exec(message)?.[1];
  return code === undefined
    ? new EngineError(CODE.unknownException, engineError(CODE.unknownException, message).message, {
        cause: thrown,
      })
    : new EngineError(Number(code), message, { cause: thrown });
}

const BAD_REQUEST = [
  6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441,
  675, 676,
];
const NOT_FOUND = [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511];

/** Source: ClickHouse src/Server/HTTP/exceptionCodeToHTTPStatus.cpp; the 503 for 202 is ours. */
const STATUS = new Map<number, number>([
  ...BAD_REQUEST.map((code): [number, number] => [code, 400]),
  ...NOT_FOUND.map((code): [number, number] => [code, 404]),
  [194, 401],
  [192, 403],
  [193, 403],
  [497, 403],
  [512, 403],
  [516, 403],
  [159, 408],
  [381, 411],
  [229, 413],
  [779, 415],
  [48, 501],
  [76, 503],
  [202, 503],
  [209, 503],
  [439, 503],
]);

/** The HTTP status that goes with a ClickHouse error code. */
export function httpStatusOf(code: number): number {
  return STATUS.get(code) ?? 500;
}
