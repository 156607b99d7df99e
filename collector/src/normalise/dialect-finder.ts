/**
 * Which dialects know a span. Most dialects are told by one mark, so only those are asked whose mark the span bears: a
 * span costs what it holds, not how many dialects there are. Order and answer are those of asking all of them.
 */
import type { AttributeKeys, KeyId } from './attribute-keys.ts';
import type { Dialect, SpanFacts } from './dialect.ts';
import type { Triggers } from './span-condition.ts';

/** Scopes are few in practice; a sender that makes them up must not fill the memory. */
const SCOPES_MAX = 4_096;

export class DialectFinder {
  private readonly dialects: readonly Dialect[];
  /** How many keys the dialects declared: they declare before anyone else. */
  private readonly keyCount: number;
  /** For each key, the dialects that it may tell. */
  private readonly byKey: readonly (readonly number[])[];
  private readonly always: number[] = [];
  private readonly scoped: { at: number; triggers: Triggers }[] = [];
  private readonly byScope = new Map<string, readonly number[]>();
  /** For each dialect, the span it was last a candidate for. */
  private readonly candidateOf: Uint32Array;
  private span = 0;

  /** `keys` holds what the dialects declared, and nothing else yet. */
  constructor(dialects: readonly Dialect[], keys: AttributeKeys) {
    this.dialects = dialects;
    const byKey: number[][] = [];
    for (const [at, { triggers }] of dialects.entries()) {
      // A name is looked at by the dialect itself, after its keys: most spans need not show theirs.
      if (triggers === undefined || triggers.hasSpanNames) {
        this.always.push(at);
        continue;
      }
      for (const name of triggers.keys) {
        const key = keys.declare(name);
        byKey[key] = [...(byKey[key] ?? []), at];
      }
      if (triggers.scopes.length > 0) {
        this.scoped.push({ at, triggers });
      }
    }
    this.keyCount = keys.size;
    this.byKey = Array.from({ length: this.keyCount }, (_, key) => byKey[key] ?? []);
    this.candidateOf = new Uint32Array(dialects.length);
  }

  /** Whether any of these keys is one of a dialect: if not, none knows the span. */
  mayFind(foundKeys: readonly KeyId[]): boolean {
    return foundKeys.some((key) => key < this.keyCount);
  }

  /** The dialects that know the span, in their order. */
  find(facts: SpanFacts): Dialect[] {
    this.span = (this.span + 1) >>> 0;
    this.mark(this.always);
    this.mark(this.dialectsOfScope(facts.scopeName));
    for (const key of facts.attributes.foundKeys) {
      this.markByKey(key);
    }
    return this.dialects.filter(
      (dialect, at) => this.candidateOf[at] === this.span && dialect.recognises(facts),
    );
  }

  private markByKey(key: KeyId): void {
    if (key < this.keyCount) {
      this.mark(this.byKey[key]!);
    }
  }

  private mark(dialects: readonly number[]): void {
    for (const at of dialects) {
      this.candidateOf[at] = this.span;
    }
  }

  private dialectsOfScope(scope: string): readonly number[] {
    const known = this.byScope.get(scope);
    if (known !== undefined) {
      return known;
    }
    if (this.byScope.size >= SCOPES_MAX) {
      this.byScope.clear();
    }
    const found = this.scoped
      .filter(({ triggers }) => triggers.scopes.some((mark) => scope.startsWith(mark)))
      .map(({ at }) => at);
    this.byScope.set(scope, found);
    return found;
  }
}
