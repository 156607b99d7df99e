// Metrics of what is behind the acknowledgement: journal, writer, ClickHouse, settle, control state, and the build.
import { LATENCY_BUCKETS_S, metric } from './metric-spec.ts';

export const STORAGE_METRICS = {
  aicost_journal_bytes: metric({
    kind: 'gauge',
    unit: 'bytes',
    labels: [],
    sentence: 'Size of the journal segments that ClickHouse does not hold yet.',
  }),
  aicost_journal_segments: metric({
    kind: 'gauge',
    unit: 'segments',
    labels: ['state'],
    sentence:
      'Journal segments by state: open, sealed (waiting for ClickHouse), and set aside: poison (refused by ClickHouse), damaged.',
  }),
  aicost_journal_oldest_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence:
      'Age of the oldest journalled row that ClickHouse does not hold yet; 0 when all is written.',
  }),
  aicost_journal_unsynced_oldest_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence: 'How long the oldest request waits for its fdatasync; 0 when none waits.',
  }),
  aicost_journal_sealed_oldest_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence:
      'Age of the oldest row in a sealed segment that ClickHouse does not hold yet; 0 when none waits.',
  }),
  aicost_journal_sync_seconds: metric({
    kind: 'histogram',
    unit: 'seconds',
    labels: [],
    sentence: 'Time of one fdatasync of the journal, which all waiting requests share.',
    buckets: LATENCY_BUCKETS_S,
  }),
  aicost_write_lag_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence: 'Time between the acknowledgement of the last written batch and its insert.',
  }),
  aicost_write_seconds: metric({
    kind: 'histogram',
    unit: 'seconds',
    labels: [],
    sentence:
      'Time to bring one sealed segment into ClickHouse, every try and its release included.',
    buckets: LATENCY_BUCKETS_S,
  }),
  aicost_write_batches_total: metric({
    kind: 'counter',
    unit: 'batches',
    labels: ['outcome'],
    sentence: 'Batches by outcome: written, repaired, retried, poison.',
  }),
  aicost_write_failing_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence:
      'How long no batch could be written into ClickHouse, since the first attempt that failed; 0 while all is well.',
  }),
  aicost_engine_up: metric({
    kind: 'gauge',
    unit: '1 for yes',
    labels: [],
    sentence: 'Whether ClickHouse answered the last time it was asked.',
  }),
  aicost_engine_restarts_total: metric({
    kind: 'counter',
    unit: 'restarts',
    labels: [],
    sentence: 'Times the embedded engine process was started again after it had ended.',
  }),
  aicost_store_call_seconds: metric({
    kind: 'histogram',
    unit: 'seconds',
    labels: ['call'],
    sentence:
      'Time of one call to ClickHouse that succeeded, by kind: query, insertNativeFile (one sealed segment), insertRows, command, ping.',
    buckets: LATENCY_BUCKETS_S,
  }),
  aicost_store_errors_total: metric({
    kind: 'counter',
    unit: 'calls',
    labels: ['call', 'code'],
    sentence:
      "Calls to ClickHouse that failed, by kind and ClickHouse's error code; `none` where it did not answer.",
  }),
  aicost_engine_info: metric({
    kind: 'gauge',
    unit: '1',
    labels: ['kind', 'version'],
    sentence: 'ClickHouse as it is used, embedded or server, and its version where it is embedded.',
  }),
  aicost_engine_resident_memory_bytes: metric({
    kind: 'gauge',
    unit: 'bytes',
    labels: [],
    sentence: 'Resident memory of the embedded engine process.',
  }),
  aicost_engine_cpu_seconds_total: metric({
    kind: 'counter',
    unit: 'seconds',
    labels: [],
    sentence: 'CPU time of the embedded engine processes since the collector started.',
  }),
  aicost_engine_statements: metric({
    kind: 'gauge',
    unit: 'statements',
    labels: ['lane', 'state'],
    sentence:
      'Statements in the embedded engine by lane (read, insert, change, control) and state (running, waiting).',
  }),
  aicost_engine_parts: metric({
    kind: 'gauge',
    unit: 'parts',
    labels: ['table'],
    sentence: 'Active parts of each table; ClickHouse slows inserts down at 1,000 in a partition.',
  }),
  aicost_engine_rows: metric({
    kind: 'gauge',
    unit: 'rows',
    labels: ['table'],
    sentence: 'Rows in the active parts of each table.',
  }),
  aicost_engine_disk_bytes: metric({
    kind: 'gauge',
    unit: 'bytes',
    labels: ['table'],
    sentence: 'Compressed bytes of the active parts of each table.',
  }),
  aicost_open_traces: metric({
    kind: 'gauge',
    unit: 'traces',
    labels: [],
    sentence: 'Traces held in memory, which later requests may still add to.',
  }),
  aicost_open_spans: metric({
    kind: 'gauge',
    unit: 'spans',
    labels: [],
    sentence: 'Spans of the traces held in memory.',
  }),
  aicost_open_oldest_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence: 'Time since the longest idle of the traces held in memory got a span; 0 without one.',
  }),
  aicost_settle_seconds: metric({
    kind: 'histogram',
    unit: 'seconds',
    labels: [],
    sentence: 'Time of one settle pass.',
    buckets: LATENCY_BUCKETS_S,
  }),
  aicost_settle_failures_total: metric({
    kind: 'counter',
    unit: 'passes',
    labels: [],
    sentence: 'Settle passes that failed; the next one goes on from there.',
  }),
  aicost_settle_traces_total: metric({
    kind: 'counter',
    unit: 'traces',
    labels: [],
    sentence: 'Traces looked at by settle.',
  }),
  aicost_settle_entries_total: metric({
    kind: 'counter',
    unit: 'entries',
    labels: [],
    sentence: 'Correcting entries that settle appended.',
  }),
  aicost_settle_lag_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence:
      'How far settle is behind: every span received longer ago than this is settled. Absent before the first pass.',
  }),
  aicost_settle_owner: metric({
    kind: 'gauge',
    unit: '1 or 0',
    labels: [],
    sentence:
      'Whether this collector settles now. On a cluster one of those with --settle on does: of all together it is 1.',
  }),
  aicost_settle_lease_age_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence:
      'Time since this collector renewed the lease of settle. Absent where it has none, and on a single server.',
  }),
  aicost_settle_former_owners: metric({
    kind: 'gauge',
    unit: 'collectors',
    labels: [],
    sentence:
      'Collectors on a cluster that ended while they settled, and whose last entries are not looked at yet: they may wait in their journals. Absent on a single server.',
  }),
  aicost_retention_rows_total: metric({
    kind: 'counter',
    unit: 'rows',
    labels: ['what'],
    sentence:
      'What expired: spans, ledger (its entries), traces, and content (spans whose content was replaced by its size).',
  }),
  aicost_retention_waiting: metric({
    kind: 'gauge',
    unit: 'days of a tenant',
    labels: ['reason'],
    sentence:
      'Days that are due to expire and have to wait, as of the last pass: not_settled; differs (verify finds a difference: look at it); spans_kept (entries whose spans are still there).',
  }),
  aicost_retention_failures_total: metric({
    kind: 'counter',
    unit: 'passes',
    labels: [],
    sentence: 'Passes of retention that failed; the next one goes on from there.',
  }),
  aicost_daily_totals_stale: metric({
    kind: 'gauge',
    unit: 'days of a tenant',
    labels: [],
    sentence:
      'Days before today that lack totals which hold, as of the last pass: questions about them sum hours instead, which takes longer.',
  }),
  aicost_daily_totals_builds_total: metric({
    kind: 'counter',
    unit: 'builds',
    labels: [],
    sentence: 'Times the totals of the day of a tenant were made.',
  }),
  aicost_daily_totals_pass_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence: 'Time of the last pass that made totals of days; 0 before the first.',
  }),
  aicost_daily_totals_failures_total: metric({
    kind: 'counter',
    unit: 'passes',
    labels: [],
    sentence: 'Passes that made totals of days and failed; the next one goes on from there.',
  }),
  aicost_control_age_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence: 'Time since keys and the rest of the control state were last read from ClickHouse.',
  }),
  aicost_price_book_age_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence:
      'Time since a price of the book in force was last compared with its source; `aicost prices import` brings a newer book.',
  }),
  aicost_build_info: metric({
    kind: 'gauge',
    unit: '1',
    labels: ['version', 'node'],
    sentence: 'This collector and the Node it runs on.',
  }),
} as const;
