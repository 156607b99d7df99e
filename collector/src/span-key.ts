/** The key of a span in the journal and in the filter of seen spans: its ids, and a hash of all it told. */
import type { SpanView } from './decode/span-view.ts';
import { KEY_BYTES } from './journal/index-file.ts';

export class SpanKey {
  /** Laid out as the journal's FORMAT.md says, but for its tenant. Of the span that was filled in last. */
  readonly bytes = Buffer.alloc(KEY_BYTES);
  private readonly words = new DataView(this.bytes.buffer, this.bytes.byteOffset, KEY_BYTES);

  /** Takes the key of the span that is shown. */
  fill(view: SpanView): void {
    view.hashContent();
    const { words } = this;
    const { data, traceIdStart, spanIdStart } = view;
    // Word by word: `copy` is a call into native code, which costs more than both ids.
    for (let i = 0; i < 16; i += 4) {
      words.setInt32(2 + i, data.getInt32(traceIdStart + i, true), true);
    }
    for (let i = 0; i < 8; i += 4) {
      words.setInt32(18 + i, data.getInt32(spanIdStart + i, true), true);
    }
    words.setInt32(26, view.hashLo, true);
    words.setInt32(30, view.hashHi, true);
  }
}
