import { setImmediate } from 'node:timers/promises';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { currentAttribution, withAttribution } from './attribution.ts';
import { AttributionSpanProcessor } from './attribution-span-processor.ts';
import { startTracing, type TestTracing } from './test-tracing.ts';
import { tracedAgent, tracedTool, tracedWorkflow } from './traced-work.ts';

let tracing: TestTracing;
beforeEach(() => {
  tracing = startTracing();
});
afterEach(() => tracing.stop());

const spanNamed = (name: string): ReadableSpan | undefined =>
  tracing.spans().find((span) => span.name === name);
const parentOf = (name: string): string | undefined => {
  const id = spanNamed(name)?.parentSpanContext?.spanId;
  return tracing.spans().find((span) => span.spanContext().spanId === id)?.name;
};

describe('traced work', () => {
  it('puts what is called inside below it: workflow, agent, tool, call', async () => {
    const call = async () => {
      await setImmediate();
      trace.getTracer('t').startSpan('chat').end();
    };
    const tool = tracedTool('lookup', call);
    const agent = tracedAgent('planner', async () => tool());
    await tracedWorkflow('nightly', async () => agent())();
    expect(['chat', 'execute_tool lookup', 'invoke_agent planner'].map(parentOf)).toEqual([
      'execute_tool lookup',
      'invoke_agent planner',
      'invoke_workflow nightly',
    ]);
    expect(spanNamed('execute_tool lookup')?.attributes).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'lookup',
      'gen_ai.agent.name': 'planner',
    });
  });

  it('attributes what an agent does to it, and keeps what holds around', () => {
    const agent = tracedAgent('planner', () => currentAttribution());
    expect(withAttribution({ user: 'u' }, () => agent())).toEqual({ user: 'u', agent: 'planner' });
  });

  it('names the span of an agent by itself, also where another agent asked it', () => {
    tracing.stop();
    tracing = startTracing([new AttributionSpanProcessor()]);
    const inner = tracedAgent('writer', () => currentAttribution()?.agent);
    expect(tracedAgent('planner', () => inner())()).toBe('writer');
    for (const name of ['writer', 'planner']) {
      expect(spanNamed(`invoke_agent ${name}`)?.attributes['gen_ai.agent.name']).toBe(name);
    }
  });

  it('hands on arguments, this and result', () => {
    const shop = {
      price: 3,
      total: tracedTool('total', function (this: unknown, count: number) {
        return count * (this as { price: number }).price;
      }),
    };
    expect(shop.total(4)).toBe(12);
  });

  it('throws what the work throws, and says so on the span', () => {
    const error = new RangeError('secret');
    const broken = tracedTool('broken', (): never => {
      throw error;
    });
    expect(() => broken()).toThrow(error);
    expect(spanNamed('execute_tool broken')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'RangeError' },
    });
  });

  it('rejects with what the work rejects with, once it does', async () => {
    const error = new Error('mine');
    const broken = tracedAgent('broken', async (): Promise<never> => {
      await setImmediate();
      throw error;
    });
    const promise = broken();
    expect(tracing.spans()).toEqual([]);
    await expect(promise).rejects.toBe(error);
    expect(spanNamed('invoke_agent broken')?.status.code).toBe(SpanStatusCode.ERROR);
  });

  it('gives back the very promise, with its own methods', async () => {
    class Own extends Promise<number> {
      readonly own = true;
    }
    const given = Own.resolve(1);
    const returned = tracedTool('own', () => given)();
    expect(returned).toBe(given);
    await returned;
    expect(spanNamed('execute_tool own')).toBeDefined();
  });

  it('asks a query that works each time it is asked only once', async () => {
    const ask = vi.fn((resolve: (value: number) => void) => resolve(1));
    // biome-ignore lint/suspicious/noThenProperty: queries of ORMs are like this.
    const query = { then: ask } as unknown as PromiseLike<number>;
    expect(await tracedTool('query', () => query)()).toBe(1);
    expect(ask).toHaveBeenCalledTimes(1);
  });
});
