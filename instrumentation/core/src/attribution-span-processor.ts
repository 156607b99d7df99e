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
import { ATTR_GEN_AI_PROMPT_NAME, ATTR_GEN_AI_PROMPT_VERSION } from './semconv.ts';

/** As an SDK hands it to processors. */
type SdkSpan = Span & { readonly attributes?: Attributes };

function addAttribution(span: SdkSpan): void {
  const attribution = currentAttribution();
  if (attribution === undefined) return;
  const own = span.attributes ?? {};
  const around = attributionAttributes(attribution);
  const prompt = own[ATTR_GEN_AI_PROMPT_NAME];
  // A prompt is one thing: its version is not taken from another.
  if (prompt !== undefined && prompt !== around[ATTR_GEN_AI_PROMPT_NAME]) {
    delete around[ATTR_GEN_AI_PROMPT_VERSION];
  }
  for (const name in around) {
    if (own[name] === undefined) span.setAttribute(name, around[name]!);
  }
}

/** A SpanProcessor of the OpenTelemetry SDK, any version: give it to the tracer provider before the exporting one. */
export class AttributionSpanProcessor {
  /** What the span says itself, it knows better: an agent that another one asked has a name of its own. */
  onStart(span: SdkSpan): void {
    safely('attributing a span', () => addAttribution(span));
  }

  /** SDKs that do not know this hook leave the framework's spans as they are. */
  onEnding(span: SdkSpan): void {
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
