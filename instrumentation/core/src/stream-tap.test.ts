import { describe, expect, test } from 'vitest';
import { tapIterator } from './stream-tap.ts';
import { testCall } from './test-call.ts';

const OUTPUT = 'gen_ai.usage.output_tokens';
const FINISH = 'gen_ai.response.finish_reasons';

/** Three pieces; tells how it was left. */
function source(failing?: Error) {
  const left: string[] = [];
  async function* pieces(): AsyncGenerator<number> {
    try {
      yield 1;
      yield 2;
      if (failing !== undefined) throw failing;
      yield 3;
    } finally {
      left.push('left');
    }
  }
  return { pieces: pieces(), left };
}

async function all(stream: AsyncIterable<number>): Promise<number[]> {
  const seen: number[] = [];
  for await (const one of stream) seen.push(one);
  return seen;
}

describe('a stream that is looked at', () => {
  test('gives every piece, and tells the call at its end', async () => {
    const call = testCall();
    expect(await all(tapIterator(source().pieces, call))).toEqual([1, 2, 3]);
    expect(call.ended()).toMatchObject({ [OUTPUT]: 3 });
    expect(call.ended()?.['gen_ai.response.time_to_first_chunk']).toBeGreaterThanOrEqual(0);
  });

  test('does not read ahead', async () => {
    const call = testCall();
    const stream = tapIterator(source().pieces, call);
    expect(call.read).toEqual([]);
    await stream.next();
    expect(call.read).toEqual([1]);
    expect(call.ended()).toBeUndefined();
  });

  test.for([1, 2, 3])('keeps piece %i from the application where it is hidden', async (hidden) => {
    const call = testCall(hidden);
    const seen = await all(tapIterator(source().pieces, call));
    expect(seen).toEqual([1, 2, 3].filter((one) => one !== hidden));
    expect(call.read).toEqual([1, 2, 3]);
  });

  test('ends the call and its source when it is left early', async () => {
    const call = testCall();
    const { pieces, left } = source();
    for await (const one of tapIterator(pieces, call)) if (one === 2) break;
    expect(left).toEqual(['left']);
    expect(call.ended()).toMatchObject({ [OUTPUT]: 2 });
    expect(call.ended()).not.toHaveProperty('error.type');
    expect(call.ended()?.[FINISH]).toEqual(['abandoned']);
  });

  test('is not abandoned where it had told why it ended, came to its end, or broke', async () => {
    const told = testCall();
    told.span.answered({ finishReasons: ['stop'] });
    for await (const _ of tapIterator(source().pieces, told)) break;
    expect(told.ended()?.[FINISH]).toEqual(['stop']);
    const whole = testCall();
    const stream = tapIterator(source().pieces, whole);
    await all(stream);
    await stream.return?.();
    expect(whole.ended()).not.toHaveProperty(FINISH);
    const broken = testCall();
    await expect(all(tapIterator(source(new Error('broke')).pieces, broken))).rejects.toThrow();
    expect(broken.ended()).not.toHaveProperty(FINISH);
  });

  test('hands on the very error, and the call has failed with what was told before', async () => {
    const call = testCall();
    const error = new RangeError('broke');
    await expect(all(tapIterator(source(error).pieces, call))).rejects.toBe(error);
    expect(call.ended()).toMatchObject({ [OUTPUT]: 2, 'error.type': 'RangeError' });
  });

  test('passes on what is thrown into it', async () => {
    const call = testCall();
    const stream = tapIterator(source().pieces, call);
    await stream.next();
    const error = new Error('in');
    await expect(stream.throw?.(error)).rejects.toBe(error);
    expect(call.ended()).toMatchObject({ 'error.type': 'Error' });
  });

  test('has the ends of a source that has neither', async () => {
    const bare = { next: async () => ({ done: false as const, value: 1 }) };
    const left = tapIterator<number>(bare, testCall());
    expect(await left.return?.('x')).toEqual({ done: true, value: 'x' });
    const error = new Error('in');
    await expect(tapIterator<number>(bare, testCall()).throw?.(error)).rejects.toBe(error);
  });

  test('goes on where the reader fails', async () => {
    const call = testCall();
    const fail = (): never => {
      throw new Error('ours');
    };
    const reader = { ...call.reader, readChunk: fail, readStreamed: fail };
    expect(await all(tapIterator(source().pieces, { ...call, reader }))).toEqual([1, 2, 3]);
    expect(call.ended()).toBeDefined();
  });
});
