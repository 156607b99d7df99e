/** A stream is told however the application reads it, and gives what it would have given. */
import { describe, expect, it, test } from 'vitest';
import { tapReadable } from './tapped-readable.ts';
import { testCall } from './test-call.ts';

const LETTERS = ['a', 'b', 'c'];

function letters(): ReadableStream<unknown> {
  const left = [...LETTERS];
  return new ReadableStream({
    pull(controller) {
      if (left.length === 0) controller.close();
      else controller.enqueue(left.shift());
    },
  });
}

async function readBy(reader: ReadableStreamDefaultReader<unknown>): Promise<unknown[]> {
  const { done, value } = await reader.read();
  return done ? [] : [value, ...(await readBy(reader))];
}
async function all(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const got: unknown[] = [];
  for await (const one of stream) got.push(one);
  return got;
}

type Read = (stream: ReadableStream<unknown>) => Promise<unknown>;
const WAYS: Readonly<Record<string, Read>> = {
  'for await': all,
  'values()': (stream) => all(stream.values()),
  'getReader()': (stream) => readBy(stream.getReader()),
  'the first branch of tee()': (stream) => all(stream.tee()[0]),
  'both branches of tee()': async (stream) => (await Promise.all(stream.tee().map(all)))[1],
  'pipeThrough()': (stream) => all(stream.pipeThrough(new TransformStream())),
  'pipeTo()': async (stream) => {
    const got: unknown[] = [];
    await stream.pipeTo(new WritableStream({ write: (letter) => void got.push(letter) }));
    return got;
  },
  'two readers, one after the other': async (stream) => {
    const first = stream.getReader();
    const { value } = await first.read();
    first.releaseLock();
    return [value, ...(await readBy(stream.getReader()))];
  },
  'an iterator that leaves the rest to another': async (stream) => {
    const got: unknown[] = [];
    for await (const letter of stream.values({ preventCancel: true })) {
      got.push(letter);
      break;
    }
    return [...got, ...(await all(stream))];
  },
};

describe('a stream that is read by', () => {
  test.for(Object.entries(WAYS))('%s', async ([, read]) => {
    const call = testCall();
    const stream = letters();
    tapReadable(stream, call);
    expect(await read(stream)).toEqual(LETTERS);
    expect(call.read).toEqual(LETTERS);
    expect(call.ended()).toMatchObject({ 'gen_ai.usage.output_tokens': 3 });
  });
});

describe('a stream that is not read to its end', () => {
  const LEFT: Readonly<Record<string, Read>> = {
    'is cancelled': (stream) => stream.cancel(),
    'is cancelled by its reader': (stream) => stream.getReader().cancel(),
    'is left by who iterates': async (stream) => {
      for await (const _letter of stream) break;
    },
    'is left by both branches': (stream) =>
      Promise.all(stream.tee().map((branch) => branch.cancel())),
  };

  test.for(Object.entries(LEFT))('%s: the call ends', async ([, leave]) => {
    const call = testCall();
    const stream = letters();
    tapReadable(stream, call);
    await leave(stream);
    expect(call.ended()).toBeDefined();
  });

  it('fails: so does the call, and whoever reads gets the very error', async () => {
    const call = testCall();
    const error = new RangeError('secret');
    const stream = new ReadableStream({ pull: () => Promise.reject(error) });
    tapReadable(stream, call);
    await expect(stream.pipeTo(new WritableStream())).rejects.toBe(error);
    expect(call.ended()).toMatchObject({ 'error.type': 'RangeError' });
  });

  it('that somebody else reads refuses as ever', async () => {
    const stream = letters();
    tapReadable(stream, testCall());
    stream.getReader();
    expect(() => stream.tee()).toThrow(TypeError);
    await expect(stream.cancel()).rejects.toThrow(TypeError);
    await expect(stream.pipeTo(new WritableStream())).rejects.toThrow(TypeError);
  });
});
