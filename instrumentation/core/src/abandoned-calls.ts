/**
 * Calls whose answer nobody reads to its end: their span ends when the answer is collected as garbage, with what its
 * pieces told until then. Holds nothing of the answer alive.
 */
import { streamAbandoned, type TappedCall } from './stream-tap.ts';

const registry = new FinalizationRegistry<TappedCall>((call) => streamAbandoned(call));

/** The call ends at the latest when `answer` is gone: the object that whoever reads the answer must hold. */
export function endWithAnswer(answer: object, call: TappedCall): void {
  registry.register(answer, call, answer);
}

/** Somebody reads it through something else, which has the end of the call from now on. */
export function releaseAnswer(answer: object): void {
  registry.unregister(answer);
}
