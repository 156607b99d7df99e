/** How the delivery of each message to each webhook stands: the newest of its attempts. */
import { z } from 'zod';
import { formatInstant } from '../range.ts';
import { bound, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';

const DELIVERY_OUTCOMES = ['delivered', 'failed', 'gave_up'] as const;

export const DELIVERY = z.object({
  webhook_id: z.string(),
  outcome: z
    .enum(DELIVERY_OUTCOMES)
    .describe('failed: it is tried again at `next_at`. gave_up: it is not.'),
  attempts: z.int(),
  status: z.int().nullable().describe('HTTP status of the newest answer; null: none came.'),
  error: z.string().nullable(),
  next_at: z.string().nullable(),
  at: z.string().describe('When it was tried last.'),
});
export type Delivery = z.output<typeof DELIVERY>;

type StoredRow = Readonly<
  Record<
    'message_id' | 'webhook_id' | 'outcome' | 'attempts' | 'status' | 'error' | 'at_ns',
    string
  > &
    Record<'next_ms', string | null>
>;

/** By message; a message that was tried for no webhook yet has none. */
export async function readDeliveries(
  scope: TenantScope,
  messageIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Delivery[]>> {
  const found = new Map<string, Delivery[]>();
  if (messageIds.length === 0) return found;
  const newest = sql`SELECT * ${scope.from('webhook_attempts')} AND message_id IN ${bound('Array(String)', messageIds)}
    ORDER BY message_id, webhook_id, attempt DESC, webhook_attempts.recorded_at DESC LIMIT 1 BY message_id, webhook_id`;
  const stored = await scope.query<StoredRow>(
    sql`SELECT message_id, webhook_id, outcome, toString(attempt) AS attempts, toString(status) AS status, error,
      toString(toUnixTimestamp64Nano(recorded_at)) AS at_ns,
      toString(toUnixTimestamp64Milli(next_at)) AS next_ms FROM (${newest})`,
  );
  for (const row of stored) {
    const list = found.get(row.message_id) ?? [];
    found.set(row.message_id, list);
    list.push(readDelivery(row));
  }
  return found;
}

function readDelivery(row: StoredRow): Delivery {
  return DELIVERY.parse({
    webhook_id: row.webhook_id,
    outcome: row.outcome,
    attempts: Number(row.attempts),
    status: row.status === '0' ? null : Number(row.status),
    error: row.error === '' ? null : row.error,
    next_at: row.next_ms === null ? null : formatInstant(BigInt(row.next_ms) * 1_000_000n),
    at: formatInstant(BigInt(row.at_ns)),
  });
}
