/** Calls in whose every name something hostile stands. */
import { eventually } from '../start-collector.ts';
import { HOSTILE } from './hostile-values.ts';
import { callOf, sendSpans } from './marked-calls.ts';
import { NOON_NS, type TwoTenants } from './two-tenants.ts';

/** Acme has such names too, so that every answer about it holds them. */
export async function sendHostileCalls({ collector, keys }: TwoTenants): Promise<void> {
  const calls = HOSTILE.map((value, n) =>
    callOf(value, { model: 'gpt-4o', atNs: NOON_NS, trace: String(n + 2).repeat(32) }),
  );
  await sendSpans(collector.url, keys.ingest!, HOSTILE[0]!, calls);
  const count = () => collector.sql("SELECT count() FROM ledger WHERE tenant = 'acme'");
  const all = String(1 + calls.length);
  const stored = await eventually(count, (one) => one === all);
  if (stored !== all) throw new Error(`${stored} of ${all} calls were stored`);
}
