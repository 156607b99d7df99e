/** Brings control totals into ClickHouse every few seconds, and once more at the end. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { aborted } from '../timers.ts';
import { ControlTotals, type ControlTotalsDeps } from './control-totals.ts';

const PAUSE_MS = 5_000;

export interface RunningTotals {
  readonly totals: ControlTotals;
  /** Inserts what waits now. Rejects with StoreError. */
  flush(): Promise<void>;
  /** Inserts what waits, at most until `deadline` fires; what remains is lost. */
  stop(deadline: AbortSignal): Promise<void>;
}

export interface FlushLoopDeps {
  readonly store: Store;
  /** Resolves once the tables are there. */
  readonly prepared: Promise<unknown>;
  readonly onOutcome: ControlTotalsDeps['onOutcome'];
  /** Told of an insert that will be tried again. */
  readonly onDelayed: (error: StoreError) => void;
}

export function startControlTotals(deps: FlushLoopDeps): RunningTotals {
  const { store, onOutcome } = deps;
  const table = `${store.database}.control_totals`;
  const insert = (rows: readonly object[]) => store.insertRows(table, rows);
  const totals = new ControlTotals({ insert, nowMs: Date.now, onOutcome });
  let timer: NodeJS.Timeout | undefined;
  const flush = async () => {
    try {
      await totals.flush();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      deps.onDelayed(error);
    }
  };
  const begin = () => {
    timer = setInterval(() => void flush(), PAUSE_MS).unref();
  };
  // Tables that cannot be made end the collector elsewhere.
  deps.prepared.then(begin, () => undefined);
  return {
    totals,
    flush: () => totals.flush(),
    async stop(deadline) {
      clearInterval(timer);
      if (timer === undefined) return;
      await Promise.race([flush(), aborted(deadline)]);
    },
  };
}
