/**
 * What tells an emitter, a version or a role from a span's own marks, as data. A dialect's tables hold conditions;
 * they are compiled once to tests of declared keys. Pure: a test looks at the span alone.
 */
import type { AttributeKeys } from './attribute-keys.ts';
import type { AttributeReader } from './attribute-reader.ts';
import type { SpanFacts } from './dialect.ts';
import { isVersionIn, type VersionRange } from './emitter-version.ts';

/** All that is told must hold; of a list any one. An empty condition always holds. */
export interface SpanCondition {
  /** Instrumentation scopes: the name itself, or its beginning up to a `.`, `/` or `-`. */
  readonly scopes?: readonly string[];
  /** Versions of the instrumentation scope; one that cannot be read is in no range. */
  readonly scopeVersion?: VersionRange;
  /** Span names: the name itself, or its beginning up to a space or a `.`. */
  readonly spanNames?: readonly string[];
  /** Attributes of which one is there, whatever it says. */
  readonly keys?: readonly string[];
  /** Attributes of which none may be there. */
  readonly without?: readonly string[];
  /** Attributes that must say one of these words, in any case of letters. */
  readonly values?: Readonly<Record<string, readonly string[]>>;
  /** The same of the resource. */
  readonly resource?: Readonly<Record<string, readonly string[]>>;
}

/** The key spaces of one collector. */
export interface DeclaredKeys {
  span: AttributeKeys;
  resource: AttributeKeys;
}

/** What ends a beginning of a span name; one byte each. */
export const NAME_ENDS = ' .';

export type SpanTest = (facts: SpanFacts) => boolean;

/** Of these a span bears at least one when any of the conditions holds. */
export interface Triggers {
  readonly keys: readonly string[];
  readonly scopes: readonly string[];
  /** One of the conditions looks at the span's name: whether it holds is for the dialect to see. */
  readonly hasSpanNames: boolean;
}

/** Of each condition the mark that tells most; undefined when a condition looks at the resource alone. */
export function triggersOf(conditions: readonly SpanCondition[]): Triggers | undefined {
  const keys: string[] = [];
  const scopes: string[] = [];
  let hasSpanNames = false;
  for (const condition of conditions) {
    const values = Object.keys(condition.values ?? {});
    if (condition.scopes !== undefined) {
      scopes.push(...condition.scopes);
    } else if (condition.spanNames !== undefined) {
      hasSpanNames = true;
    } else if (condition.keys !== undefined || values.length > 0) {
      keys.push(...(condition.keys ?? values));
    } else {
      return undefined;
    }
  }
  return { keys, scopes, hasSpanNames };
}

/** Declares the condition's keys and gives its test. */
export function compileCondition(condition: SpanCondition, keys: DeclaredKeys): SpanTest {
  const { scopes, scopeVersion: range, spanNames } = condition;
  const present = (condition.keys ?? []).map((name) => keys.span.declare(name));
  const absent = (condition.without ?? []).map((name) => keys.span.declare(name));
  const ofSpan = valueTests(condition.values ?? {}, keys.span);
  const ofResource = valueTests(condition.resource ?? {}, keys.resource);
  return (facts) => {
    const { attributes, resource } = facts;
    return (
      (scopes === undefined || scopes.some((scope) => beginsWith(facts.scopeName, scope, './-'))) &&
      (range === undefined || isVersionIn(facts.scopeVersion, range)) &&
      (spanNames === undefined || spanNames.some((name) => facts.nameBegins(name))) &&
      (present.length === 0 || present.some((key) => attributes.has(key))) &&
      !absent.some((key) => attributes.has(key)) &&
      ofSpan.every((test) => test(attributes)) &&
      ofResource.every((test) => test(resource))
    );
  };
}

/** Any one of the conditions. */
export function compileAny(conditions: readonly SpanCondition[], keys: DeclaredKeys): SpanTest {
  const tests = conditions.map((condition) => compileCondition(condition, keys));
  return (facts) => tests.some((test) => test(facts));
}

function valueTests(
  values: Readonly<Record<string, readonly string[]>>,
  keys: AttributeKeys,
): ((reader: AttributeReader) => boolean)[] {
  return Object.entries(values).map(([name, words]) => {
    const key = keys.declare(name);
    const known = new Set(words.map((word) => word.toLowerCase()));
    return (reader) => known.has(reader.text(key)?.toLowerCase() ?? '');
  });
}

/** Whether a span's name is this one, or begins with it up to a space or a `.`. */
export function nameBegins(spanName: string, beginning: string): boolean {
  return beginsWith(spanName, beginning, NAME_ENDS);
}

function beginsWith(text: string, beginning: string, ends: string): boolean {
  return (
    text.startsWith(beginning) &&
    (text.length === beginning.length || ends.includes(text[beginning.length]!))
  );
}
