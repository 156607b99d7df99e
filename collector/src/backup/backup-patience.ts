/** How long ClickHouse may take to back up, restore or freeze: what it gives up by itself, and what is waited for. */
const BACKUP_MS_MAX = 24 * 3_600_000;

export const BACKUP_PATIENCE = {
  timeoutMs: BACKUP_MS_MAX,
  settings: { max_execution_time: BACKUP_MS_MAX / 1_000 },
} as const;
