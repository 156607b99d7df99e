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
  generator.next = (value) => tapped.next(value);
  generator.return = (value) => tapped.return!(value);
  generator.throw = (error) => tapped.throw!(error);
  endWithAnswer(generator, call);
}

/** Something that is iterated, once. */
export function tapIterable(iterable: AsyncIterable<unknown>, call: TappedCall): void {
  const iterate = iterable[Symbol.asyncIterator];
  iterable[Symbol.asyncIterator] = () => {
    const tapped = tapIterator(iterate.call(iterable), call);
    // Who iterates holds the iterator, and not what is iterated.
    releaseAnswer(iterable);
    endWithAnswer(tapped, call);
    return tapped;
  };
  endWithAnswer(iterable, call);
}
