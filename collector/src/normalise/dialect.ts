/**
 * A dialect: how one family of emitters writes an LLM call into a span. One dialect, one file;
 * the ordered list is in dialects.ts. What every dialect must show is in dialect.contract.ts.
 */
import type { AttributeKeys } from './attribute-keys.ts';
import type { AttributeReader } from './attribute-reader.ts';
import type { Attribution, CallContext, Role } from './call.ts';
import type { DialectDeclaration } from './dialect-table.ts';
import type { Triggers } from './span-condition.ts';
import type { CountName } from './usage/counts.ts';
import type { KnownInclusion, RawUsage } from './usage/raw-usage.ts';
import type { UnitName } from './usage/told-units.ts';
import type { CountProblem } from './usage/unreadable-count.ts';

/** What of a span a dialect may look at. Readers are reused: nothing may be kept. */
export interface SpanFacts {
  attributes: AttributeReader;
  resource: AttributeReader;
  scopeName: string;
  scopeVersion: string;
  spanName: string;
  /** Whether the span's name is this one, or begins with it up to a space or a `.`. */
  nameBegins(beginning: string): boolean;
  /** OTLP's SpanKind: 3 is CLIENT. */
  spanKind: number;
}

export type UnreadableCounts = {
  [Name in CountName | UnitName]?: CountProblem | 'usage_not_readable';
};

/** What a dialect reads; `normalise` makes the canonical call of it. Absent is unknown. */
export interface DialectReading {
  /** As the emitter wrote it. */
  operation: string | undefined;
  provider: string | undefined;
  requestModel: string | undefined;
  responseModel: string | undefined;
  responseId: string | undefined;
  usage: RawUsage;
  /** Counts that are written and cannot be read, with what is wrong with them. */
  unreadable?: UnreadableCounts | undefined;
  /** Why `usage` is empty, where the emitter's own marks say more than that nothing was reported. */
  missingUsage?: string | undefined;
  /** The emitter's row of the inclusion matrix; undefined: proof, provider and convention decide. */
  inclusion?: KnownInclusion | undefined;
  /**
   * Who is right where several families of attributes on one span truly differ: the highest. Raw provider usage 60,
   * buckets set by the application 50, OTel names 40, OpenInference 30, AI SDK 20, others 10.
   */
  authority: number;
  /** What the emitter's own marks say of the role; undefined: the operation decides. */
  role?: { role: Role; reason: string } | undefined;
  /** What the provider or a gateway said the call cost, in USD as a plain decimal. */
  reportedUsd?: string | undefined;
  context: CallContext;
  /** Names of the dialect's own for whom the call was for; the common ones are read by attribution.ts. */
  attribution: Partial<Omit<Attribution, 'tags'>>;
}

export interface Dialect {
  /** Stable: stored in `spans.dialect`. */
  readonly name: string;
  /** Without one of these the dialect knows no span, and is not asked; absent: it is always asked. */
  readonly triggers?: Triggers | undefined;
  /** Whether this span is written in the dialect. Must not throw, whatever the attributes hold. */
  recognises(facts: SpanFacts): boolean;
  read(facts: SpanFacts): DialectReading;
}

/** A dialect declares its keys once, when the collector starts. */
export interface DialectDefinition {
  readonly name: string;
  /** One sentence for the documentation: whose spans these are, and what is peculiar. */
  readonly summary: string;
  /** Names and rows, as the documentation shows them. A dialect of code declares what its code reads. */
  readonly declared: DialectDeclaration;
  /** Keys whose values are prompts, completions or tool payloads: never stored unless `--content on`. */
  readonly contentKeys: readonly string[];
  /** Prefixes of such keys, for indexed ones (`gen_ai.prompt.0.content`). */
  readonly contentPrefixes: readonly string[];
  /** `resourceKeys` are those of `SpanFacts.resource`. */
  create(keys: AttributeKeys, resourceKeys: AttributeKeys): Dialect;
}
