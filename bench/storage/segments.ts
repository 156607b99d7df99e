/**
 * The corpus through the real road, from request bytes to sealed segments: the files that the writer would insert. What
 * it costs the engine is measured on these same files again and again, with nothing else of the collector running.
 */
import { copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { openRoad } from '@ai-cost-profiler/collector/test-road.ts';
import type { BatchIdentity } from '@ai-cost-profiler/collector/write/landing.ts';
import { LargeBlocks } from '@ai-cost-profiler/collector/write/large-blocks.ts';
import { CORPUS_START_MS, Corpus, type CorpusOptions } from '../corpus/corpus.ts';
import type { CorpusRequest } from '../corpus/request.ts';

export interface Segment extends BatchIdentity {
  readonly path: string;
  readonly spanRows: number;
  readonly entryRows: number;
  readonly bytes: number;
}

export interface SegmentWish {
  readonly mix: CorpusOptions['mix'];
  /** Whether instrumentations record messages, and whether the collector keeps them (`--content on`). */
  readonly isContentRecorded: boolean;
  readonly isContentStored: boolean;
  readonly spans: number;
  readonly rowsPerSegment: number;
  /** A new directory; it holds the segments afterwards. */
  readonly directory: string;
  /** Sees each request before it is sent. */
  readonly onRequest?: (request: CorpusRequest) => Promise<void>;
}

const SPANS_PER_S = 60;
/** From the end of a span until it came here: exporters and the Collector before us wait. */
const ARRIVES_LATER_MS = 6_000;

export async function makeSegments(wish: SegmentWish): Promise<Segment[]> {
  await mkdir(wish.directory, { recursive: true });
  const corpus = new Corpus({ ...wish, seed: 1, spansPerS: SPANS_PER_S });
  let nowMs = CORPUS_START_MS + ARRIVES_LATER_MS;
  const road = await openRoad({
    directory: join(wish.directory, 'journal'),
    isContentStored: wish.isContentStored,
    segmentRowsMax: wish.rowsPerSegment,
    change: { nowMs: () => nowMs },
  });
  for (let sent = 0; sent < wish.spans; ) {
    const request = corpus.next();
    await wish.onRequest?.(request);
    await road.sendBytes(request.bytes, 'protobuf');
    sent += request.spans;
    nowMs += Math.round((request.spans * 1000) / SPANS_PER_S);
  }
  await road.close();
  const segments: Segment[] = [];
  const large = join(wish.directory, 'large.native');
  const blocks = new LargeBlocks(large, (error) => {
    throw error;
  });
  const { queue } = road.journal;
  while (queue.count > 0) {
    const sealed = (await queue.next())!;
    const path = join(wish.directory, `${segments.length}.native`);
    // As the writer does: few large blocks.
    const enlarged = await blocks.of(sealed);
    await (enlarged === large ? rename(large, path) : copyFile(sealed.rowsPath, path));
    const { writerId, batchSeq, spanRows, entryRows, dataBytes: bytes } = sealed;
    segments.push({ path, writerId, batchSeq, spanRows, entryRows, bytes });
    await queue.release(sealed);
  }
  await road.remove();
  return segments;
}
