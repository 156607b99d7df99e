/**
 * Streams that an SDK hands out as objects of its own: they stay the same objects, and what is read from them is looked
 * at. Their methods are replaced in place, for whoever reads them to get what the SDK would give.
 */
import { endWithAnswer, releaseAnswer } from './abandoned-calls.ts';
import { type TappedCall, tapIterator } from './stream-tap.ts';

/** A generator, of which the application may call the methods itself. */
export function tapGenerator(
  generator: AsyncGenerator<unknown, unknown, unknown>,
  call: TappedCall,
): void {
  const tapped = tapIterator(
    {
      next: generator.next.bind(generator),
      return: generator.return.bind(generator),
      throw: generator.throw.bind(generator),
    },
    call,
  );
  // Not written where they are assigned: stainless-promise.ts says why.
  const own: Pick<typeof generator, 'next' | 'return' | 'throw'> = {
    next: (value) => tapped.next(value),
    return: (value) => tapped.return!(value),
    throw: (error) => tapped.throw!(error),
  };
  Object.assign(generator, own);
  endWithAnswer(generator, call);
}

/** As that of a ReadableStream. */
interface IteratorOptions {
  readonly preventCancel?: boolean;
}

type Iterate = (...options: IteratorOptions[]) => AsyncIterator<unknown>;

/** Something that is iterated, once. */
export function tapIterable(iterable: AsyncIterable<unknown>, call: TappedCall): void {
  const iterate: Iterate = iterable[Symbol.asyncIterator];
  const tappedIterator: Iterate = (...options) => {
    const inner = iterate.apply(iterable, options);
    const tapped = tapIterator(inner, call);
    if (options[0]?.preventCancel === true) {
      // Who leaves it early may go on with the rest.
      const leave = async (value?: unknown) =>
        (await inner.return?.(value)) ?? { done: true, value };
      return Object.assign(tapped, { return: leave });
    }
    // Who iterates holds the iterator, and not what is iterated.
    releaseAnswer(iterable);
    endWithAnswer(tapped, call);
    return tapped;
  };
  iterable[Symbol.asyncIterator] = tappedIterator as typeof iterate &
    (() => AsyncIterableIterator<unknown>);
  endWithAnswer(iterable, call);
}
