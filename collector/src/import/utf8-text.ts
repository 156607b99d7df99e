/** Bytes of a file as text. */

/** @throws RangeError where they are no UTF-8: two names that lose the same letter would become one */
export async function* utf8Text(chunks: AsyncIterable<unknown>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of chunks) {
    if (typeof chunk === 'string') yield chunk;
    else if (chunk instanceof Uint8Array)
      yield decoded(() => decoder.decode(chunk, { stream: true }));
  }
  yield decoded(() => decoder.decode());
}

function decoded(decode: () => string): string {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const expected = 'expected UTF-8; iconv -f LATIN1 -t UTF-8, or UTF-16 for LATIN1, makes it so';
    throw new RangeError(`the file holds bytes that are no UTF-8; ${expected}`, { cause: error });
  }
}
