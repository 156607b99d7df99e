/**
 * Texts of spans by their bytes: those that come again and again are decoded once. Bounded: when it is full it forgets
 * all, since senders may write new texts for ever.
 */
import { StringDictionary } from '@ai-cost-profiler/clickhouse/native/string-dictionary.ts';

const TEXTS_MAX = 8_192;
/** Longer texts seldom come again. */
const BYTES_MAX = 128;

type ReadText = (bytes: Buffer, start: number, end: number) => string;

export class TextMemo {
  private readonly dictionary = new StringDictionary();
  private texts: (string | undefined)[] = [];
  private readonly read: ReadText;

  /** `read` makes a text of bytes that are not remembered: by default they are its UTF-8. */
  constructor(read: ReadText = (bytes, start, end) => bytes.toString('utf8', start, end)) {
    this.read = read;
  }

  /** The text in bytes[start, end). */
  textOf(bytes: Buffer, start: number, end: number): string {
    if (end - start > BYTES_MAX) {
      return this.read(bytes, start, end);
    }
    if (this.dictionary.size >= TEXTS_MAX) {
      this.dictionary.reset();
      this.texts = [];
    }
    const index = this.dictionary.indexOfRange(bytes, start, end);
    let text = this.texts[index];
    if (text === undefined) {
      text = this.read(bytes, start, end);
      this.texts[index] = text;
    }
    return text;
  }
}
