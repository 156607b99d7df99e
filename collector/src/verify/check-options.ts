/** How the questions of verify are asked: they look at everything, so they may take long, but not much memory. */
import type { CallOptions } from '@ai-cost-profiler/clickhouse/call-options.ts';

export const CHECK_OPTIONS: CallOptions = {
  timeoutMs: 3_600_000,
  settings: {
    max_bytes_before_external_group_by: '300000000',
    max_bytes_before_external_sort: '300000000',
    max_threads: 1,
    // The embedded engine ends questions after a minute unless they say otherwise.
    max_execution_time: '3600',
  },
};
