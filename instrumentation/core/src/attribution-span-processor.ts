/**
 * Puts the attribution that holds where a span begins on the span, whoever begins it: so the spans of the Vercel AI
 * SDK, LangChain or the OpenAI Agents SDK, which tell their own usage, are attributed as ours are. Where such a span
 * shows an answer, it also gets the answer's id and provider: a call that we see below it is billed once.
 */
import type { Attributes, Span } from '@opentelemetry/api';
import { currentAttribution } from './attribution.ts';
import { attributionAttributes } from './attribution-attributes.ts';
import { frameworkAnswer } from './framework-answer.ts';
import { safely } from './host-safety.ts';

/** A SpanProcessor of the OpenTelemetry SDK, any version: give it to the tracer provider before the exporting one. */
export class AttributionSpanProcessor {
  onStart(span: Span): void {
    safely('attributing a span', () => {
      const attribution = currentAttribution();
      if (attribution !== undefined) span.setAttributes(attributionAttributes(attribution));
    });
  }

  /** SDKs that do not know this hook leave the framework's spans as they are. */
  onEnding(span: Span & { readonly attributes?: Attributes }): void {
    safely('telling the answer of a framework', () =>
      span.setAttributes(frameworkAnswer(span.attributes ?? {})),
    );
  }

  onEnd(): void {
    // What is to be said is said by then.
  }

  async forceFlush(): Promise<void> {
    // Nothing is held back.
  }

  async shutdown(): Promise<void> {
    // Nothing is held.
  }
}
