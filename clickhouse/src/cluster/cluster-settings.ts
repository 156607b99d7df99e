/**
 * Settings that go with every statement to a cluster. Invariant: an answer means that the work is done on the shards,
 * and a question is answered by all shards together.
 */
import type { StoreSettings } from '../store-settings.ts';

export const CLUSTER_SETTINGS = {
  // A subquery is answered once, by all shards, and its answer sent to each.
  distributed_product_mode: 'global',
  // The answer to an insert comes when the shard has the rows, not when they wait to be sent to it.
  distributed_foreground_insert: 1,
  // A shard that does not answer is an error: without its rows every sum is wrong.
  skip_unavailable_shards: 0,
} as const satisfies StoreSettings;

/** Of an insert of a segment: the journal lets it go once most replicas of the shard have it. */
export const CLUSTER_SEGMENT_SETTINGS = {
  insert_quorum: 'auto',
  insert_quorum_timeout: 60_000,
} as const satisfies StoreSettings;
