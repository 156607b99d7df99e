/** A batch that was whole only long after some tables had rows of it: whoever looks at them by its number must know. */
import type { SealedSegment } from '../journal/sealed-segment.ts';

export interface TellLate {
  /** How long others take to look twice. */
  readonly afterMs: number;
  /** Rejects with StoreError. */
  readonly tell: (segment: SealedSegment) => Promise<void>;
}

/** To be called before the segment is let go of. `isDoubted`: an earlier insert of it may have left some rows. */
export async function tellIfLate(
  tellLate: TellLate | undefined,
  segment: SealedSegment,
  { isDoubted, durationMs }: { isDoubted: boolean; durationMs: number },
): Promise<void> {
  if (tellLate !== undefined && (isDoubted || durationMs > tellLate.afterMs)) {
    await tellLate.tell(segment);
  }
}
