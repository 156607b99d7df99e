/**
 * Calls of SDKs whose methods give an ordinary promise (Google GenAI, the AWS SDK): each is made within its span, and
 * what it gives is looked at on its way to the application.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { context, type Tracer } from '@opentelemetry/api';
import type { CallReader } from './call-reader.ts';
import { CallSpan } from './call-span.ts';
import { safely } from './host-safety.ts';
import type { TappedCall } from './stream-tap.ts';

/** A call while its SDK makes it. */
export interface SentCall extends TappedCall {
  /** Whether a request to this path (and query) is a try of the call, and not one for a token, say. */
  isTry(path: string): boolean;
}

const sending = new AsyncLocalStorage<SentCall>();

/** The call within which something is sent. */
export const sentCall = (): SentCall | undefined => sending.getStore();

const isAnyTry = (): boolean => true;

/** Begins the span of a call; undefined where it is none after all, or cannot be read. */
export function beginCall(
  tracer: () => Tracer,
  readerFor: () => CallReader | undefined,
  isTry: SentCall['isTry'] = isAnyTry,
): SentCall | undefined {
  return safely('beginning a call', () => {
    const reader = readerFor();
    if (reader === undefined) return undefined;
    return { span: new CallSpan(tracer(), reader.request), reader, isTry };
  });
}

/**
 * Makes a call that was begun, and gives what `make` gives. `look` takes note of the answer and sees to it that the
 * span ends: where it throws, it ends at once.
 */
export function watchCall<Answer>(
  call: SentCall,
  make: () => Promise<Answer>,
  look: (answer: Answer, call: TappedCall) => void = lookAtWhole,
): Promise<Answer> {
  const { span } = call;
  const failed = (error: unknown): never => {
    span.failed(error);
    throw error;
  };
  let made: Promise<Answer>;
  try {
    made = sending.run(call, () => context.with(span.context, make));
  } catch (error) {
    return failed(error);
  }
  return made.then((answer) => {
    if (!span.isRecording || !isLookedAt(answer, call, look)) span.end();
    return answer;
  }, failed);
}

function isLookedAt<Answer>(
  answer: Answer,
  call: TappedCall,
  look: (answer: Answer, call: TappedCall) => void,
): boolean {
  const looked = safely('reading an answer', () => {
    look(answer, call);
    return true;
  });
  return looked === true;
}

function lookAtWhole(answer: unknown, { span, reader }: TappedCall): void {
  span.answered(reader.readWhole(answer));
  span.end();
}
