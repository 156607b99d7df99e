/**
 * Calls whose answer nobody reads to its end: their span ends when the answer is collected as garbage, with what was
 * told until then. Holds nothing alive.
 */
import type { CallSpan } from './call-span.ts';

const registry = new FinalizationRegistry<CallSpan>((span) => span.end());

/** `span` ends at the latest when `answer` is gone: the object that whoever reads the answer must hold. */
export function endWithAnswer(answer: object, span: CallSpan): void {
  registry.register(answer, span, answer);
}

/** Somebody reads it through something else, which has the end of the span from now on. */
export function releaseAnswer(answer: object): void {
  registry.unregister(answer);
}
