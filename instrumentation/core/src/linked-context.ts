/**
 * A context of OpenTelemetry as one entry before another context. The API's own copies all entries for each new one,
 * and keeps three functions on each context that V8 makes in its heap of old objects: what they close over, the span
 * with all it tells, stays until that is collected.
 */
import { type Context, type Span, trace } from '@opentelemetry/api';

class LinkedContext implements Context {
  private readonly parent: Context;
  private readonly key: symbol | undefined;
  private readonly value: unknown;

  constructor(parent: Context, key?: symbol, value?: unknown) {
    this.parent = parent;
    this.key = key;
    this.value = value;
  }

  getValue(key: symbol): unknown {
    return key === this.key ? this.value : this.parent.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    // What nobody can see any more is let go.
    const isHidden = this.key === undefined || this.key === key;
    return new LinkedContext(isHidden ? this.parent : this, key, value);
  }

  deleteValue(key: symbol): Context {
    return this.setValue(key, undefined);
  }
}

/** `parent` with this span as its active one. */
export const contextOf = (parent: Context, span: Span): Context =>
  trace.setSpan(new LinkedContext(parent), span);
