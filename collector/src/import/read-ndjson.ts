/**
 * JSON lines, read as they come: an object a line. Numbers stay the digits they are written with, because an amount
 * that becomes a float is another one. Holds one line at a time.
 */
import { parseAsWritten } from './as-written.ts';
import { type FileRecord, RECORD_CHARS_MAX } from './file-record.ts';

/** @throws RangeError for a line of a size that no history has */
export async function* readNdjson(chunks: AsyncIterable<string>): AsyncGenerator<FileRecord> {
  let line = 0;
  for await (const text of linesOf(chunks)) {
    line++;
    if (text.trim() !== '') yield recordOf(line, text);
  }
}

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  let isBegun = false;
  for await (const chunk of chunks) {
    const lines = (rest + (isBegun ? chunk : chunk.replace(/^\uFEFF/, ''))).split('\n');
    isBegun = true;
    rest = lines.pop() ?? '';
    if (rest.length > RECORD_CHARS_MAX) {
      throw new RangeError(
        `a line is longer than ${RECORD_CHARS_MAX} characters: is it one JSON array?`,
      );
    }
    yield* lines;
  }
  yield rest;
}

function recordOf(line: number, text: string): FileRecord {
  const fault = (expected: string): FileRecord => ({
    line,
    fault: { column: 'the row', value: text.slice(0, 200), expected },
  });
  let value: unknown;
  try {
    value = parseAsWritten(text);
  } catch (error) {
    if (error instanceof SyntaxError) return fault('a JSON object a line');
    throw error;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fault('a JSON object a line');
  }
  return { line, columns: Object.fromEntries(Object.entries(value)) };
}
