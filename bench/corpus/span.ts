/** A span of the corpus, before it is bytes. */

/** A text of which the last eight characters are an id: they differ in every copy of a request. */
export interface UniqueText {
  readonly unique: string;
}

/** Whole numbers are OTLP's int; `double` is for those that happen to be whole. */
export type Value = string | number | boolean | UniqueText | readonly string[] | { double: number };

export type Attributes = readonly (readonly [string, Value])[];

export interface SpanEvent {
  readonly name: string;
  readonly atNs: bigint;
  readonly attributes: Attributes;
}

/** One running copy of a service: what a resource describes. */
export interface Instance {
  readonly service: string;
  readonly attributes: Attributes;
}

export interface Scope {
  readonly name: string;
  readonly version: string;
}

export interface Span {
  readonly instance: Instance;
  readonly scope: Scope;
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentId: Uint8Array | undefined;
  readonly name: string;
  /** As in OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  /** Of a failed span. */
  readonly failure: string | undefined;
  readonly isLlm: boolean;
}
