import { describe, expect, it } from 'vitest';
import { DecodeError } from './decode-error.ts';
import { transcodeJson } from './decode-json.ts';
import { JsonThread } from './json-thread.ts';

/** A request of spans, above what is done in the caller's own thread. */
function longRequest(name: unknown): Buffer {
  const spans = Array.from({ length: 5_000 }, (_, n) => ({
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: (n + 1).toString(16).padStart(16, '0'),
    name: n === 4_999 ? name : `span ${n}`,
  }));
  return Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
}

describe('long JSON', () => {
  const thread = new JsonThread();

  it('is written by the thread as it is here', async () => {
    const bytes = longRequest('last');
    const here = transcodeJson(bytes, 'TracesRequest', 100);
    const there = await thread.transcode(bytes, 'TracesRequest', 100);
    expect(there.recordCount).toBe(5_000);
    expect(there.written.equals(here.written)).toBe(true);
  });

  it('that is no request is refused with the same words', async () => {
    const bytes = longRequest(7);
    let words = '';
    try {
      transcodeJson(bytes, 'TracesRequest', 100);
    } catch (error) {
      words = (error as Error).message;
    }
    const refused = thread.transcode(bytes, 'TracesRequest', 100);
    await expect(refused).rejects.toThrow(DecodeError);
    await expect(refused).rejects.toThrow(words);
  });

  it('of several requests at a time is answered each to its own', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const all = await Promise.all(
      names.map((name) => thread.transcode(longRequest(name), 'TracesRequest', 100)),
    );
    expect(all.map(({ written }) => written.subarray(-1).toString())).toEqual(names);
  });
});
