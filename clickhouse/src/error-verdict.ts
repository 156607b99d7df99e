/**
 * What to do about an error that ClickHouse answers with, by its code: one table, from which the writer decides and
 * docs/reference/engine-errors.md is made. Source of codes and names: ClickHouse, src/Common/ErrorCodes.cpp (26.7).
 * Invariant: nothing here drops a row. The worst is a segment set aside, whole, with the reason beside it.
 */

/**
 * `retry`: it passes by itself; try again, for as long as it takes. `operator`: it tells of ClickHouse and not of the
 * batch; try again, and say what a person must do. `poison`: it tells of the batch's own bytes, and will do so again.
 */
export type ErrorVerdict = 'retry' | 'operator' | 'poison';

/** Codes that are treated alike. */
export interface ErrorGroup {
  readonly verdict: ErrorVerdict;
  /** ClickHouse's names by code. */
  readonly codes: Readonly<Record<number, string>>;
  /** What has happened and, for `operator`, what to do. */
  readonly sentence: string;
}

export const ERROR_GROUPS: readonly ErrorGroup[] = [
  {
    verdict: 'retry',
    codes: {
      159: 'TIMEOUT_EXCEEDED',
      160: 'TOO_SLOW',
      209: 'SOCKET_TIMEOUT',
      394: 'QUERY_WAS_CANCELLED',
    },
    sentence: 'It took too long, or was cancelled.',
  },
  {
    verdict: 'retry',
    codes: {
      202: 'TOO_MANY_SIMULTANEOUS_QUERIES',
      203: 'NO_FREE_CONNECTION',
      364: 'RECEIVED_ERROR_TOO_MANY_REQUESTS',
      439: 'CANNOT_SCHEDULE_TASK',
      745: 'SERVER_OVERLOADED',
      749: 'TCP_CONNECTION_LIMIT_REACHED',
      762: 'HTTP_CONNECTION_LIMIT_REACHED',
      776: 'RESOURCE_LIMIT_EXCEEDED',
    },
    sentence: 'ClickHouse has too much to do.',
  },
  {
    verdict: 'retry',
    codes: {
      173: 'CANNOT_ALLOCATE_MEMORY',
      241: 'MEMORY_LIMIT_EXCEEDED',
      777: 'MEMORY_RESERVATION_KILLED',
      778: 'MEMORY_RESERVATION_FAILED',
    },
    sentence:
      'Memory is short. If it lasts while ClickHouse does little else, its limit is below what one batch (100,000 rows) takes: raise it.',
  },
  {
    verdict: 'retry',
    codes: { 252: 'TOO_MANY_PARTS', 692: 'TOO_MANY_MUTATIONS' },
    sentence:
      'Merges are behind. If it lasts, look at `system.merges` and at whether merges were stopped.',
  },
  {
    verdict: 'retry',
    codes: {
      3: 'UNEXPECTED_END_OF_FILE',
      23: 'CANNOT_READ_FROM_ISTREAM',
      24: 'CANNOT_WRITE_TO_OSTREAM',
      95: 'CANNOT_READ_FROM_SOCKET',
      96: 'CANNOT_WRITE_TO_SOCKET',
      198: 'DNS_ERROR',
      210: 'NETWORK_ERROR',
      279: 'ALL_CONNECTION_TRIES_FAILED',
    },
    sentence: 'The connection broke while ClickHouse read or wrote.',
  },
  {
    verdict: 'retry',
    codes: {
      216: 'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
      236: 'ABORTED',
      384: 'PART_IS_TEMPORARILY_LOCKED',
      473: 'DEADLOCK_AVOIDED',
      733: 'TABLE_IS_BEING_RESTARTED',
      738: 'PART_IS_LOCKED',
    },
    sentence:
      'Something else is going on: ClickHouse is shutting down, or an earlier insert still runs.',
  },
  {
    verdict: 'retry',
    codes: {
      225: 'NO_ZOOKEEPER',
      242: 'TABLE_IS_READ_ONLY',
      244: 'UNEXPECTED_ZOOKEEPER_ERROR',
      254: 'NO_ACTIVE_REPLICAS',
      265: 'NO_AVAILABLE_REPLICA',
      285: 'TOO_FEW_LIVE_REPLICAS',
      286: 'UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE',
      289: 'REPLICA_IS_NOT_IN_QUORUM',
      297: 'SHARD_HAS_NO_CONNECTIONS',
      319: 'UNKNOWN_STATUS_OF_INSERT',
      369: 'ALL_REPLICAS_ARE_STALE',
      416: 'REPLICA_STATUS_CHANGED',
      529: 'NOT_A_LEADER',
      904: 'TOO_MANY_UNAVAILABLE_SHARDS',
      999: 'KEEPER_EXCEPTION',
    },
    sentence:
      'A replica or Keeper is away, or the outcome is not known yet. The table is read-only until Keeper is back.',
  },
  {
    verdict: 'retry',
    codes: { 499: 'S3_ERROR', 500: 'AZURE_BLOB_STORAGE_ERROR', 693: 'AWS_ERROR' },
    sentence: 'The object store behind ClickHouse failed.',
  },
  {
    verdict: 'operator',
    codes: {
      75: 'CANNOT_WRITE_TO_FILE_DESCRIPTOR',
      76: 'CANNOT_OPEN_FILE',
      77: 'CANNOT_CLOSE_FILE',
      83: 'DIRECTORY_DOESNT_EXIST',
      84: 'DIRECTORY_ALREADY_EXISTS',
      87: 'CANNOT_SEEK_THROUGH_FILE',
      88: 'CANNOT_TRUNCATE_FILE',
      172: 'CANNOT_CREATE_DIRECTORY',
      204: 'CANNOT_FSYNC',
      243: 'NOT_ENOUGH_SPACE',
      425: 'SYSTEM_ERROR',
      586: 'CANNOT_CREATE_FILE',
    },
    sentence: "ClickHouse's disk is full, read-only or broken. Make room, or mend it.",
  },
  {
    verdict: 'operator',
    codes: {
      164: 'READONLY',
      192: 'UNKNOWN_USER',
      193: 'WRONG_PASSWORD',
      194: 'REQUIRED_PASSWORD',
      195: 'IP_ADDRESS_NOT_ALLOWED',
      201: 'QUOTA_EXCEEDED',
      291: 'DATABASE_ACCESS_DENIED',
      392: 'QUERY_IS_PROHIBITED',
      452: 'SETTING_CONSTRAINT_VIOLATION',
      497: 'ACCESS_DENIED',
      516: 'AUTHENTICATION_FAILED',
      720: 'USER_EXPIRED',
    },
    sentence:
      'The user of `--clickhouse-url` may not do this. Look at its password, rights, quota and settings profile.',
  },
  {
    verdict: 'operator',
    codes: {
      7: 'INCORRECT_NUMBER_OF_COLUMNS',
      8: 'THERE_IS_NO_COLUMN',
      10: 'NOT_FOUND_COLUMN_IN_BLOCK',
      16: 'NO_SUCH_COLUMN_IN_TABLE',
      20: 'NUMBER_OF_COLUMNS_DOESNT_MATCH',
      46: 'UNKNOWN_FUNCTION',
      47: 'UNKNOWN_IDENTIFIER',
      48: 'NOT_IMPLEMENTED',
      50: 'UNKNOWN_TYPE',
      60: 'UNKNOWN_TABLE',
      62: 'SYNTAX_ERROR',
      63: 'UNKNOWN_AGGREGATE_FUNCTION',
      73: 'UNKNOWN_FORMAT',
      81: 'UNKNOWN_DATABASE',
      82: 'DATABASE_ALREADY_EXISTS',
      115: 'UNKNOWN_SETTING',
      218: 'TABLE_IS_DROPPED',
      344: 'SUPPORT_IS_DISABLED',
      741: 'TABLE_UUID_MISMATCH',
      774: 'TABLE_IS_PERMANENTLY_READ_ONLY',
    },
    sentence:
      'The tables are not as this version made them, or ClickHouse is too old. Run `aicost migrate`; undo what was changed by hand.',
  },
  {
    verdict: 'poison',
    codes: {
      6: 'CANNOT_PARSE_TEXT',
      26: 'CANNOT_PARSE_QUOTED_STRING',
      27: 'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
      33: 'CANNOT_READ_ALL_DATA',
      38: 'CANNOT_PARSE_DATE',
      41: 'CANNOT_PARSE_DATETIME',
      53: 'TYPE_MISMATCH',
      69: 'ARGUMENT_OUT_OF_BOUND',
      70: 'CANNOT_CONVERT_TYPE',
      72: 'CANNOT_PARSE_NUMBER',
      117: 'INCORRECT_DATA',
      128: 'TOO_LARGE_ARRAY_SIZE',
      131: 'TOO_LARGE_STRING_SIZE',
      321: 'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE',
      349: 'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN',
      407: 'DECIMAL_OVERFLOW',
      469: 'VIOLATED_CONSTRAINT',
      691: 'UNKNOWN_ELEMENT_OF_ENUM',
    },
    sentence: 'The bytes of the batch cannot be read, or a value does not fit its column.',
  },
];

const BY_CODE = new Map(
  ERROR_GROUPS.flatMap((group) => Object.keys(group.codes).map((code) => [Number(code), group])),
);

/** What the table says of a code; undefined for one that is not in it. */
export function errorGroupOf(code: number): ErrorGroup | undefined {
  return BY_CODE.get(code);
}
