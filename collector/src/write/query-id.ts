import type { SealedSegment } from '../journal/sealed-segment.ts';

/**
 * The same for every try and every target, in every process that has the segment: an insert that still runs can be
 * found, and a server runs no two at a time.
 */
export function queryId({
  writerId,
  batchSeq,
}: Pick<SealedSegment, 'writerId' | 'batchSeq'>): string {
  return `aicost-segment-${writerId}-${batchSeq}`;
}
