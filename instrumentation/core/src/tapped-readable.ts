/** A ReadableStream that an SDK hands out, looked at in whichever of its ways it is read. It stays the same object. */
import { streamAbandoned, type TappedCall, tapIterator } from './stream-tap.ts';
import { tapIterable } from './tapped-answer.ts';

type Readable = ReadableStream<unknown>;
type Reader = ReadableStreamDefaultReader<unknown>;

export function tapReadable(stream: Readable, call: TappedCall): void {
  tapIterable(stream, call);
  const { getReader, cancel } = stream;
  const reader = (): Reader => tapReader(getReader.call(stream) as Reader, call);
  const lookingGetReader = (...mode: Parameters<typeof getReader>) =>
    mode[0] === undefined ? reader() : getReader.apply(stream, mode);
  const lookingCancel = (reason?: unknown): Promise<void> => {
    if (!stream.locked) streamAbandoned(call);
    return cancel.call(stream, reason);
  };
  Object.assign(stream, {
    values: stream[Symbol.asyncIterator],
    getReader: lookingGetReader,
    cancel: lookingCancel,
    // These read by themselves, and from what is read here.
    tee: () => passedOn(reader()).tee(),
    pipeTo: async (...given: Parameters<Readable['pipeTo']>) => passedOn(reader()).pipeTo(...given),
    pipeThrough: (...given: Parameters<Readable['pipeThrough']>) =>
      passedOn(reader()).pipeThrough(...given),
  });
}

function tapReader(reader: Reader, call: TappedCall): Reader {
  const { read, cancel } = reader;
  const tapped = tapIterator({ next: () => read.call(reader) }, call);
  const looking: Pick<Reader, 'cancel'> & { read(): Promise<unknown> } = {
    read: () => tapped.next(),
    cancel: (reason) => {
      streamAbandoned(call);
      return cancel.call(reader, reason);
    },
  };
  return Object.assign(reader, looking as Pick<Reader, 'cancel' | 'read'>);
}

/** Piece by piece, when somebody asks for one. */
const passedOn = (reader: Reader): Readable =>
  new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
