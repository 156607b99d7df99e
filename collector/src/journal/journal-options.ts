/** What a journal is given, its bounds, and what it tells: the types that others need of it. */
import type { Timers } from '../timers.ts';
import type { SegmentBlocks } from './pending-rows.ts';
import type { SealedSegment } from './sealed-segment.ts';
import type { SeenSpans } from './seen-spans.ts';
import type { SegmentFiles } from './segment-files.ts';

/** Bounds of the journal; the engine's squash limits must lie above rows and bytes of a segment. */
export interface JournalLimits {
  /** Rows of both kinds in one segment; entries of spans that are in it already may go beyond, to twice as many. */
  segmentRowsMax: number;
  /** Bytes of rows.native in one segment, give or take a few rows. */
  segmentBytesMax: number;
  /** Days that have a segment of their own at a time; rows of further days share a mixed one. */
  openDaysMax: number;
  /** A segment is sealed this long after its first row, unless the writer is behind. */
  sealAfterMs: number;
  /** Bytes on disk beyond which nothing more is taken. */
  journalBytesMax: number;
}

export interface JournalOptions<Blocks extends SegmentBlocks> {
  directory: string;
  files: SegmentFiles;
  limits: JournalLimits;
  seen: SeenSpans;
  createBlocks: () => Blocks;
  nowMs: () => number;
  /** What flushes and seals from time to time; the system's, if not given. */
  timers?: Timers;
  /** 32 random hexadecimal digits. */
  randomId: () => string;
  onEvent: (event: JournalEvent) => void;
}

/** What happens in the journal, for the log and the metrics. */
export type JournalEvent =
  | { kind: 'recovered'; segments: number; tornBytes: number }
  | { kind: 'damaged'; directory: string; reason: string }
  | { kind: 'flushed'; rows: number; durationMs: number }
  | { kind: 'flush_failed'; error: unknown; isTakenBack: boolean }
  | { kind: 'well_again' }
  | { kind: 'sealed'; segment: SealedSegment }
  | { kind: 'seal_failed'; error: unknown }
  | { kind: 'compact_failed'; error: unknown };
