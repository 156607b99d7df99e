/**
 * Settings that go with every statement to a cluster. Invariant: an answer means that the work is done on the shards,
 * and a question is answered by all shards together.
 */
import type { StoreSettings } from '../store-settings.ts';
import type { DatabasePlace } from './table-places.ts';

export const CLUSTER_SETTINGS = {
  // A subquery is answered once, by all shards, and its answer sent to each.
  distributed_product_mode: 'global',
  // The answer to an insert comes when the shard has the rows, not when they wait to be sent to it.
  distributed_foreground_insert: 1,
  // A shard that does not answer is an error: without its rows every sum is wrong.
  skip_unavailable_shards: 0,
} as const satisfies StoreSettings;

/**
 * Of an insert of a segment: the journal lets it go once every replica of the shard has it. Not most of them: settle
 * asks any one for what is booked, and from one that lacks the last correction it would append that again.
 */
export const everyReplica = (replicas: number): StoreSettings => ({
  insert_quorum: replicas,
  insert_quorum_timeout: 60_000,
});

/** Of a statement with ON CLUSTER: every server answers before it has, and one that starts may take a while. */
export const ON_CLUSTER_SETTINGS = { alter_sync: 2, distributed_ddl_task_timeout: 180 } as const;

/** How long such a statement may take, and with which settings; nothing on one server. */
export const onClusterPatience = ({ cluster }: DatabasePlace) =>
  cluster === null ? {} : { timeoutMs: 200_000, settings: ON_CLUSTER_SETTINGS };

/** Of a change of rows that is waited for on every server, for up to an hour. */
export const PATIENT_CHANGE = {
  timeoutMs: 3_600_000,
  settings: {
    mutations_sync: '2',
    lightweight_deletes_sync: '2',
    max_execution_time: '3600',
    distributed_ddl_task_timeout: '3600',
  },
} as const;
