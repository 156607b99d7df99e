/**
 * Puts the attribution that holds where a span begins on the span, whoever begins it: so the spans of the Vercel AI
 * SDK, LangChain or the OpenAI Agents SDK, which tell their own usage, are attributed as ours are.
 */
import type { Span } from '@opentelemetry/api';
import { currentAttribution } from './attribution.ts';
import { attributionAttributes } from './attribution-attributes.ts';

/** A SpanProcessor of the OpenTelemetry SDK, any version: give it to the tracer provider before the exporting one. */
export class AttributionSpanProcessor {
  onStart(span: Span): void {
    const attribution = currentAttribution();
    if (attribution !== undefined) span.setAttributes(attributionAttributes(attribution));
  }

  onEnd(): void {
    // Attribution is known when a span begins.
  }

  async forceFlush(): Promise<void> {
    // Nothing is held back.
  }

  async shutdown(): Promise<void> {
    // Nothing is held.
  }
}
