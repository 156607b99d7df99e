/** What a query of Grafana's user of ClickHouse may take, by the names of ClickHouse's settings. */
export const GRAFANA_LIMITS = {
  max_execution_time: 60,
  max_memory_usage: 2_000_000_000,
  max_rows_to_read: 1_000_000_000,
  max_result_bytes: 1_000_000_000,
} as const;
