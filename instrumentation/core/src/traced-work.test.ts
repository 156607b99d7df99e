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

/** What is seen where a piece of the work is done. */
function seen(): { agent: string | undefined; user: string | undefined } {
  trace.getTracer('t').startSpan('chat').end();
  return { agent: currentAttribution()?.agent, user: currentAttribution()?.user };
}

describe('traced generators', () => {
  const streamed = async function* (): AsyncGenerator<unknown, string, unknown> {
    yield seen();
    await setImmediate();
    yield seen();
    return 'over';
  };
  const AGENT = { agent: 'planner', user: 'u' };
  const asked = <Result>(agent: () => Result): Result => withAttribution({ user: 'u' }, agent);

  it('do each step below the span, attributed as where they were asked for', async () => {
    const steps: unknown[] = [];
    for await (const step of asked(tracedAgent('planner', streamed))) {
      expect(currentAttribution()).toBeUndefined();
      expect(spanNamed('invoke_agent planner')).toBeUndefined();
      steps.push(step);
    }
    expect(steps).toEqual([AGENT, AGENT]);
    expect(tracing.spans().map(({ name }) => name)).toEqual([
      'chat',
      'chat',
      'invoke_agent planner',
    ]);
    expect(parentOf('chat')).toBe('invoke_agent planner');
  });

  it('are the very generators, and give what they return', async () => {
    const given = streamed();
    const returned = tracedTool('t', () => given)();
    expect(returned).toBe(given);
    await returned.next();
    await returned.next();
    expect(await returned.next()).toEqual({ done: true, value: 'over' });
  });

  it('end the span when they are left early', async () => {
    for await (const _step of tracedTool('left', streamed)()) break;
    expect(spanNamed('execute_tool left')?.status.code).toBe(SpanStatusCode.UNSET);
  });

  it('end it as failed when a step fails, or they are told to', async () => {
    const failing = tracedTool('failing', async function* () {
      yield 1;
      throw new RangeError('secret');
    })();
    await failing.next();
    await expect(failing.next()).rejects.toThrow(RangeError);
    const told = tracedTool('told', streamed)();
    await expect(told.throw(new TypeError('mine'))).rejects.toThrow(TypeError);
    expect(spanNamed('execute_tool failing')?.attributes['error.type']).toBe('RangeError');
    expect(spanNamed('execute_tool told')?.attributes['error.type']).toBe('TypeError');
  });

  it('may be promised, and may be synchronous', async () => {
    const promised = await asked(tracedAgent('planner', async () => streamed()));
    expect(spanNamed('invoke_agent planner')).toBeUndefined();
    expect((await promised.next()).value).toEqual(AGENT);
    await promised.return('enough');
    expect(spanNamed('invoke_agent planner')).toBeDefined();
    const steps = tracedTool('sync', function* () {
      yield seen();
    });
    expect([...asked(steps)]).toEqual([{ agent: undefined, user: 'u' }]);
    expect(spanNamed('execute_tool sync')).toBeDefined();
  });
});

describe('the promise of an SDK, which reads the answer when it is asked for', () => {
  class SdkPromise extends Promise<unknown> {
    static readonly parse = vi.fn(async () => 'parsed');
    parse(): Promise<unknown> {
      return SdkPromise.parse();
    }
    async asResponse(): Promise<unknown> {
      return 'raw';
    }
    // biome-ignore lint/suspicious/noThenProperty: that of the SDKs is like this.
    override then: Promise<unknown>['then'] = (...then) => this.parse().then(...then);
  }
  beforeEach(() => void SdkPromise.parse.mockClear());
  const ask = tracedTool('ask', () => new SdkPromise(() => undefined));

  it('is asked by nobody but the application', async () => {
    const promise = ask();
    await setImmediate();
    expect(spanNamed('execute_tool ask')).toBeUndefined();
    expect(await promise.asResponse()).toBe('raw');
    expect(SdkPromise.parse).not.toHaveBeenCalled();
    expect(spanNamed('execute_tool ask')).toBeDefined();
  });

  it('ends the span when its value is there, and once', async () => {
    const promise = ask();
    expect(await promise).toBe('parsed');
    expect(await promise.parse()).toBe('parsed');
    expect(tracing.spans()).toHaveLength(1);
  });

  it('ends it as failed with its error', async () => {
    SdkPromise.parse.mockRejectedValueOnce(new RangeError('secret'));
    await expect(ask()).rejects.toThrow(RangeError);
    expect(spanNamed('execute_tool ask')?.attributes['error.type']).toBe('RangeError');
  });
});
