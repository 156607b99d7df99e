/**
 * A dialect: how one family of emitters writes an LLM call into a span. One dialect, one file;
 * the ordered list is in dialects.ts. What every dialect must show is in dialect.contract.ts.
 */
import type { AttributeKeys } from './attribute-keys.ts';
import type { AttributeReader } from './attribute-reader.ts';
import type { Attribution, CallContext } from './call.ts';
import type { RawUsage } from './usage/raw-usage.ts';

/** What of a span a dialect may look at. Readers are reused: nothing may be kept. */
export interface SpanFacts {
  attributes: AttributeReader;
  resource: AttributeReader;
  scopeName: string;
  scopeVersion: string;
  spanName: string;
  /** OTLP's SpanKind: 3 is CLIENT. */
  spanKind: number;
}

/** What a dialect reads; `normalise` makes the canonical call of it. Absent is unknown. */
export interface DialectReading {
  /** As the emitter wrote it. */
  operation: string | undefined;
  provider: string | undefined;
  requestModel: string | undefined;
  responseModel: string | undefined;
  responseId: string | undefined;
  usage: RawUsage;
  context: CallContext;
  /** Names of the dialect's own for whom the call was for; the common ones are read by attribution.ts. */
  attribution: Partial<Omit<Attribution, 'tags'>>;
}

export interface Dialect {
  /** Stable: stored in `spans.dialect`. */
  readonly name: string;
  /** Whether this span is written in the dialect. Must not throw, whatever the attributes hold. */
  recognises(facts: SpanFacts): boolean;
  read(facts: SpanFacts): DialectReading;
}

/** A dialect declares its keys once, when the collector starts. */
export interface DialectDefinition {
  readonly name: string;
  /** Keys whose values are prompts, completions or tool payloads: never stored unless `--content on`. */
  readonly contentKeys: readonly string[];
  /** Prefixes of such keys, for indexed ones (`gen_ai.prompt.0.content`). */
  readonly contentPrefixes: readonly string[];
  create(keys: AttributeKeys): Dialect;
}
