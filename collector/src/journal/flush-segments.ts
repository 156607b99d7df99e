/**
 * One flush: everything that waits in the open segments is written and synced, or taken back.
 */
import { KEY_BYTES } from './index-file.ts';
import type { OpenSegment, StagedFlush } from './open-segment.ts';
import type { AcceptedKeys, SegmentBlocks } from './pending-rows.ts';
import type { SeenSpans } from './seen-spans.ts';

export interface FlushOutcome<Blocks extends SegmentBlocks> {
  /** The first error; undefined when all is durable. */
  error: unknown;
  /** Whether it was the disk, and not rows that cannot be encoded. */
  isDiskFault: boolean;
  /** Segments whose flush failed: they may take no more rows. */
  failed: OpenSegment<Blocks>[];
  /** Flushes that failed and could not be taken back: nothing may be flushed or sealed until they are. */
  stuck: StagedFlush[];
  rows: number;
  bytes: number;
}

/** Stages synchronously, so that rows appended from now on belong to the next flush. Never rejects. */
export async function flushSegments<Blocks extends SegmentBlocks>(
  segments: readonly OpenSegment<Blocks>[],
  seen: SeenSpans,
): Promise<FlushOutcome<Blocks>> {
  const outcome: FlushOutcome<Blocks> = {
    error: undefined,
    isDiskFault: false,
    failed: [],
    stuck: [],
    rows: 0,
    bytes: 0,
  };
  const staged = segments.flatMap((segment) => {
    const waiting = segment.rows - segment.flushedRows;
    const flush = segment.stage();
    outcome.rows += flush === undefined ? 0 : waiting;
    outcome.bytes += flush?.bytes ?? 0;
    return flush === undefined ? [] : [{ segment, flush }];
  });
  await Promise.all(
    staged.map(async ({ segment, flush }) => {
      try {
        await flush.write();
      } catch (error) {
        outcome.error ??= error;
        outcome.isDiskFault ||= !flush.isUnencodable;
        outcome.failed.push(segment);
        await revertFlush(flush, seen).catch(() => outcome.stuck.push(flush));
      } finally {
        flush.done();
      }
    }),
  );
  return outcome;
}

/** Takes a flush that failed off the disk and out of the filter. Rejects when the disk does not let us; call again. */
export async function revertFlush(flush: StagedFlush, seen: SeenSpans): Promise<void> {
  await flush.revert();
  for (const accepted of flush.accepted) {
    forgetKeys(seen, accepted);
  }
}

function forgetKeys(seen: SeenSpans, { keys, tenants, seen: was }: AcceptedKeys): void {
  for (const [i, before] of was.entries()) {
    const at = i * KEY_BYTES;
    const tenant = seen.tenantNumber(tenants[keys.readUInt16LE(at)]!);
    seen.takeBack(tenant, keys, at, before);
  }
}
