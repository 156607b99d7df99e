import { trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallReader } from './call-reader.ts';
import { tapGenerator, tapIterable } from './tapped-answer.ts';
import { startTracing, type TestTracing } from './test-tracing.ts';
import { beginCall, sentCall, watchCall } from './watched-call.ts';

const request = () => ({ operation: 'chat', provider: 'acme', model: 'm' });
const tracer = () => trace.getTracer('test');

/** Counts the pieces of a stream. */
class Counter implements CallReader {
  readonly request = request();
  private pieces = 0;

  readWhole() {
    return { usage: { inputTokens: 1, outputTokens: 0 } };
  }

  readChunk(): undefined {
    this.pieces += 1;
  }

  readStreamed() {
    return { usage: { outputTokens: this.pieces } };
  }
}

const broken: CallReader = {
  request: request(),
  readWhole() {
    throw new Error('readWhole is broken');
  },
  readChunk() {
    throw new Error('readChunk is broken');
  },
  readStreamed() {
    throw new Error('readStreamed is broken');
  },
};

async function* letters() {
  yield 'a';
  yield 'b';
  yield 'c';
}

let tracing: TestTracing;
beforeEach(() => {
  tracing = startTracing();
});
afterEach(() => tracing.stop());

const begun = (reader: CallReader = new Counter()) => beginCall(tracer, () => reader)!;
async function ended() {
  await new Promise((resolve) => setImmediate(resolve));
  return tracing.spans().map(({ attributes, status }) => ({
    input: attributes['gen_ai.usage.input_tokens'],
    output: attributes['gen_ai.usage.output_tokens'],
    status: status.code,
  }));
}
const told = (input?: number, output?: number, status = 0) => [{ input, output, status }];

describe('a call that is watched', () => {
  it('gives the very answer, and tells it', async () => {
    const answer = { text: 'fine' };
    expect(await watchCall(begun(), async () => answer)).toBe(answer);
    expect(await ended()).toEqual(told(1, 0));
  });

  it('gives the very error, and ends as failed', async () => {
    const error = new Error('of the SDK');
    await expect(watchCall(begun(), () => Promise.reject(error))).rejects.toBe(error);
    expect(await ended()).toEqual(told(undefined, undefined, 2));
  });

  it('is known while it is made, and not after', async () => {
    const call = begun();
    expect(await watchCall(call, async () => sentCall())).toBe(call);
    expect(sentCall()).toBeUndefined();
  });

  it('gives the answer, and ends, where it cannot be read', async () => {
    expect(await watchCall(begun(broken), async () => 'fine')).toBe('fine');
    expect(await ended()).toEqual(told());
  });

  it('is none where its request cannot be read', () => {
    const failing = () => {
      throw new Error('told to throw');
    };
    expect(beginCall(tracer, failing)).toBeUndefined();
    expect(beginCall(tracer, () => undefined)).toBeUndefined();
  });
});

/** Both kinds of stream, from one generator. */
const STREAMS: readonly (readonly [string, (reader?: CallReader) => AsyncIterable<string>])[] = [
  [
    'a generator',
    (reader) => {
      const generator = letters();
      tapGenerator(generator, begun(reader));
      return generator;
    },
  ],
  [
    'an iterable',
    (reader) => {
      const iterable = { [Symbol.asyncIterator]: letters };
      tapIterable(iterable, begun(reader));
      return iterable;
    },
  ],
];

describe.each(STREAMS)('%s that is watched', (_what, stream) => {
  it.each([
    ['to its end', 9, ['a', 'b', 'c'], 3],
    ['in part', 2, ['a', 'b'], 2],
  ])('tells what was read %s', async (_part, atMost, pieces, count) => {
    const read: string[] = [];
    for await (const piece of stream()) {
      read.push(piece);
      if (read.length === atMost) break;
    }
    expect(read).toEqual(pieces);
    expect(await ended()).toEqual(told(undefined, count));
  });

  it('gives its pieces where they cannot be read', async () => {
    const read: string[] = [];
    for await (const piece of stream(broken)) read.push(piece);
    expect(read).toEqual(['a', 'b', 'c']);
    expect(await ended()).toEqual(told());
  });
});

describe('a generator that is watched', () => {
  it('stays the generator that it was, also for who calls its methods', async () => {
    const generator = letters();
    const kind: unknown = Object.getPrototypeOf(generator);
    tapGenerator(generator, begun());
    expect(Object.getPrototypeOf(generator)).toBe(kind);
    expect(await generator.next()).toEqual({ done: false, value: 'a' });
    const error = new Error('of the application');
    await expect(generator.throw(error)).rejects.toBe(error);
    expect(await ended()).toEqual(told(undefined, 1, 2));
  });
});
