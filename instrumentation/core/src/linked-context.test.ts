import { createContextKey, INVALID_SPAN_CONTEXT, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextOf } from './linked-context.ts';

const KEYS = ['a', 'b', 'c'].map((name) => createContextKey(name));
const span = () => trace.wrapSpanContext({ ...INVALID_SPAN_CONTEXT });

/** What is done to a context: a value of `undefined` deletes. */
const steps = fc.array(fc.tuple(fc.constantFrom(...KEYS), fc.option(fc.nat(), { nil: undefined })));

describe('a context linked before another', () => {
  it('has its span active, and all else of the other', () => {
    const mine = span();
    const context = contextOf(ROOT_CONTEXT.setValue(KEYS[0]!, 5), mine);
    expect(trace.getSpan(context)).toBe(mine);
    expect(context.getValue(KEYS[0]!)).toBe(5);
  });

  it('changes nothing of the other', () => {
    const outer = span();
    const parent = trace.setSpan(ROOT_CONTEXT, outer);
    contextOf(parent, span()).setValue(KEYS[0]!, 5);
    expect(trace.getSpan(parent)).toBe(outer);
    expect(parent.getValue(KEYS[0]!)).toBeUndefined();
  });

  it("tells after any steps what the API's own context tells", () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const mine = span();
        let linked = contextOf(ROOT_CONTEXT, mine);
        let own = trace.setSpan(ROOT_CONTEXT, mine);
        for (const [key, value] of taken) {
          linked = value === undefined ? linked.deleteValue(key) : linked.setValue(key, value);
          own = value === undefined ? own.deleteValue(key) : own.setValue(key, value);
        }
        for (const key of KEYS) expect(linked.getValue(key)).toBe(own.getValue(key));
        expect(trace.getSpan(linked)).toBe(mine);
      }),
    );
  });
});
