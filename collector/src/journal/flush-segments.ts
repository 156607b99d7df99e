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
  /** Segments whose flush failed and was taken back: they may take no more rows. */
  failed: OpenSegment<Blocks>[];
  /** Set when a failed flush could not be taken back: only the next start can tell what is on the disk. */
  brokenBy: unknown;
  rows: number;
}

/** Stages synchronously, so that rows appended from now on belong to the next flush. Never rejects. */
export async function flushSegments<Blocks extends SegmentBlocks>(
  segments: readonly OpenSegment<Blocks>[],
  seen: SeenSpans,
): Promise<FlushOutcome<Blocks>> {
  const outcome: FlushOutcome<Blocks> = {
    error: undefined,
    failed: [],
    brokenBy: undefined,
    rows: 0,
  };
  const staged = segments.flatMap((segment) => {
    const waiting = segment.rows - segment.flushedRows;
    const flush = segment.stage();
    outcome.rows += flush === undefined ? 0 : waiting;
    return flush === undefined ? [] : [{ segment, flush }];
  });
  await Promise.all(
    staged.map(async ({ segment, flush }) => {
      try {
        await flush.write();
      } catch (error) {
        outcome.error ??= error;
        outcome.failed.push(segment);
        await takeBack(flush, seen, outcome);
      } finally {
        flush.done();
      }
    }),
  );
  return outcome;
}

async function takeBack<Blocks extends SegmentBlocks>(
  flush: StagedFlush,
  seen: SeenSpans,
  outcome: FlushOutcome<Blocks>,
): Promise<void> {
  try {
    await flush.revert();
  } catch (error) {
    outcome.brokenBy = error;
    return;
  }
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
