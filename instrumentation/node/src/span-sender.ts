/** Spans to their target: one attempt, and what became of each span. */
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { type PostOutcome, postOtlp } from './otlp-post.ts';
import type { OtlpTarget } from './otlp-target.ts';

export type SendOutcome =
  | Extract<PostOutcome, { readonly kind: 'later' }>
  /** `refused`: how many will never be taken. */
  | {
      readonly kind: 'done';
      readonly refused: number;
      readonly reason: string;
      /** HTTP status of a refusal. */
      readonly status?: number;
    };

/** Sends them in one request. Never rejects. */
export async function sendSpans(
  target: OtlpTarget,
  spans: readonly ReadableSpan[],
): Promise<SendOutcome> {
  let body: Uint8Array;
  try {
    await settledResources(spans);
    body = target.serialize(spans);
  } catch (error) {
    return { kind: 'done', refused: spans.length, reason: String(error) };
  }
  const outcome = await postOtlp(target, body);
  if (outcome.kind === 'later') return outcome;
  if (outcome.kind === 'refused') {
    const { reason, status } = outcome;
    return { kind: 'done', refused: spans.length, reason, status };
  }
  return { kind: 'done', ...rejection(target, outcome.body) };
}

/** An answer of success that cannot be read is still one of success. */
function rejection(target: OtlpTarget, answer: Uint8Array): { refused: number; reason: string } {
  try {
    const { spans = 0, reason = '' } = target.rejection(answer) ?? {};
    return { refused: spans, reason };
  } catch (error) {
    return { refused: 0, reason: String(error) };
  }
}

/** Such as the machine's id, which takes a moment to read. */
async function settledResources(spans: readonly ReadableSpan[]): Promise<void> {
  const pending = new Set(
    spans.map(({ resource }) => resource).filter((resource) => resource.asyncAttributesPending),
  );
  await Promise.all([...pending].map((resource) => resource.waitForAsyncAttributes?.()));
}
