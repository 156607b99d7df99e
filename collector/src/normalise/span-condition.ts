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

export type SpanTest = (facts: SpanFacts) => boolean;

/** Declares the condition's keys and gives its test. */
export function compileCondition(condition: SpanCondition, keys: DeclaredKeys): SpanTest {
  const { scopes, scopeVersion: range, spanNames } = condition;
  const present = (condition.keys ?? []).map((name) => keys.span.declare(name));
  const absent = (condition.without ?? []).map((name) => keys.span.declare(name));
  const ofSpan = valueTests(condition.values ?? {}, keys.span);
  const ofResource = valueTests(condition.resource ?? {}, keys.resource);
  return ({ attributes, resource, scopeName, scopeVersion, spanName }) =>
    (scopes === undefined || scopes.some((scope) => beginsWith(scopeName, scope, './-'))) &&
    (range === undefined || isVersionIn(scopeVersion, range)) &&
    (spanNames === undefined || spanNames.some((name) => beginsWith(spanName, name, ' .'))) &&
    (present.length === 0 || present.some((key) => attributes.has(key))) &&
    !absent.some((key) => attributes.has(key)) &&
    ofSpan.every((test) => test(attributes)) &&
    ofResource.every((test) => test(resource));
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

function beginsWith(text: string, beginning: string, ends: string): boolean {
  return (
    text.startsWith(beginning) &&
    (text.length === beginning.length || ends.includes(text[beginning.length]!))
  );
}
