/**
 * What traced work returned, which says when the work is over: a promise when it settles, a generator when it ends.
 * The application gets the very object; one that nobody reads to its end ends the span when it is collected.
 */
import { safely } from './host-safety.ts';
import type { OpenWork } from './open-work.ts';

const abandoned = new FinalizationRegistry<OpenWork>((work) => work.end());

/** Gives `result` on, and sees to it that the work ends with it. */
export function endWith<Result>(result: Result, work: OpenWork): Result {
  if (result instanceof Promise) {
    safely('waiting for a promise', () => endWithPromise(result, work));
    return result;
  }
  if (isThenable(result)) return askedOnce(result, work) as Result;
  endWithValue(result, work);
  return result;
}

/** With what is no promise. */
function endWithValue(value: unknown, work: OpenWork): void {
  const isTapped = isGenerator(value) && safely('tapping a generator', () => tap(value, work));
  if (isTapped !== true) work.end();
}

function endWithPromise(promise: Promise<unknown>, work: OpenWork): void {
  const settled = (value: unknown): void => endWithValue(value, work);
  const failed = (error: unknown): void => work.fail(error);
  if (promise.then === Promise.prototype.then) {
    void promise.then(settled, failed);
    return;
  }
  endWhenAsked(promise, settled, failed);
  abandoned.register(promise, work, work);
}

/** A promise of an SDK, such as `openai`: to ask for its value makes it read the answer, which is then gone. */
interface SdkPromise {
  then(onValue?: Handler, onError?: Handler): Promise<unknown>;
  parse?: () => Promise<unknown>;
  asResponse?: () => Promise<unknown>;
}

type Handler = ((settled: unknown) => unknown) | null | undefined;

/** So nobody asks but the application, which may ask in several ways. */
function endWhenAsked(
  promise: SdkPromise,
  settled: (value: unknown) => void,
  failed: (error: unknown) => void,
): void {
  const { then, parse, asResponse } = promise;
  const lookingThen: typeof then = (onValue, onError) =>
    then.call(
      promise,
      (value) => {
        settled(value);
        return typeof onValue === 'function' ? onValue(value) : value;
      },
      (error) => {
        failed(error);
        if (typeof onError === 'function') return onError(error);
        throw error;
      },
    );
  const looking = (ask: () => Promise<unknown>) => (): Promise<unknown> => {
    const asked = ask.call(promise);
    asked.then(settled, failed);
    return asked;
  };
  // biome-ignore lint/suspicious/noThenProperty: it has one already.
  promise.then = lookingThen;
  if (parse !== undefined) promise.parse = looking(parse);
  if (asResponse !== undefined) promise.asResponse = looking(asResponse);
}

/** Others, such as the queries of an ORM, do their work each time somebody asks: they are asked once. */
const askedOnce = (query: PromiseLike<unknown>, work: OpenWork): Promise<unknown> =>
  Promise.resolve(query).then(
    (value) => {
      endWithValue(value, work);
      return value;
    },
    (error) => {
      work.fail(error);
      throw error;
    },
  );

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as Partial<PromiseLike<unknown>> | undefined | null)?.then === 'function';

/** Of either kind: each step is done, or will be. */
interface AnyGenerator {
  next(...value: unknown[]): unknown;
  return(value?: unknown): unknown;
  throw(error?: unknown): unknown;
}

/** Made by a function with a star, also where a compiler has put it into older words. */
function isGenerator(value: unknown): value is AnyGenerator {
  if (typeof value !== 'object' || value === null) return false;
  const { next, return: stop, throw: fail } = value as Partial<AnyGenerator>;
  const isIterated = Symbol.asyncIterator in value || Symbol.iterator in value;
  return isIterated && [next, stop, fail].every((method) => typeof method === 'function');
}

/** Each step is done within the work, which ends with the last one. */
function tap(generator: AnyGenerator, work: OpenWork): true {
  const { next, return: stop, throw: fail } = generator;
  const step =
    (method: (...given: unknown[]) => unknown) =>
    (...given: unknown[]): unknown =>
      stepWithin(work, () => method.apply(generator, given));
  Object.assign(generator, { next: step(next), return: step(stop), throw: step(fail) });
  // A promise that gave it may be gone before it.
  abandoned.unregister(work);
  abandoned.register(generator, work, work);
  return true;
}

function stepWithin(work: OpenWork, makeStep: () => unknown): unknown {
  let made: unknown;
  try {
    made = work.withinAnywhere(makeStep);
  } catch (error) {
    work.fail(error);
    throw error;
  }
  if (made instanceof Promise) {
    made.then(
      (step: unknown) => endIfDone(step, work),
      (error: unknown) => work.fail(error),
    );
  } else endIfDone(made, work);
  return made;
}

function endIfDone(step: unknown, work: OpenWork): void {
  if ((step as Partial<IteratorResult<unknown>> | undefined)?.done === true) work.end();
}
