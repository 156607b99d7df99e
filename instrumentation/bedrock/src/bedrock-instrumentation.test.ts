import { startTracing, THROWING_PROCESSOR } from '@ai-cost-profiler/core/test-tracing.ts';
import { trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { instrumentBedrock } from './bedrock-instrumentation.ts';
import type { BedrockExports, Command } from './watched-client.ts';

const ANSWER = { usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 } };

class ConverseCommand implements Command {
  readonly input: unknown = { modelId: 'amazon.nova-pro-v1:0' };
}
class ListCommand implements Command {
  readonly input: unknown = {};
}

/** What of the SDK is watched, with answers at hand. */
function sdk(answer: () => unknown) {
  class BedrockRuntimeClient {
    readonly config = {};
    readonly middlewareStack = { add() {} };
    send(_command: Command): unknown {
      return answer();
    }
  }
  const exports = { BedrockRuntimeClient, ConverseCommand } as unknown as BedrockExports;
  return { exports, client: new BedrockRuntimeClient() };
}

const failing = (): never => {
  throw new Error('told to throw');
};

const BROKEN: readonly (readonly [string, () => unknown])[] = [
  ['no tracer can be had', () => trace.setGlobalTracerProvider({ getTracer: failing })],
  ['every hook of a span processor throws', () => startTracing([THROWING_PROCESSOR])],
];

afterEach(() => trace.disable());

describe('an SDK that is watched by hand', () => {
  it('is watched once, however often it is asked for', async () => {
    const tracing = startTracing();
    const { exports, client } = sdk(async () => ANSWER);
    const undo = instrumentBedrock(exports);
    instrumentBedrock(exports);
    expect(await client.send(new ConverseCommand())).toBe(ANSWER);
    await new Promise((resolve) => setImmediate(resolve));
    expect(tracing.spans().map(({ name }) => name)).toEqual(['chat amazon.nova-pro-v1:0']);
    undo();
    await client.send(new ConverseCommand());
    expect(tracing.spans()).toHaveLength(1);
    tracing.stop();
  });

  it('makes no span of a command that is no call', async () => {
    const tracing = startTracing();
    const { exports, client } = sdk(async () => ANSWER);
    instrumentBedrock(exports);
    expect(await client.send(new ListCommand())).toBe(ANSWER);
    expect(tracing.spans()).toEqual([]);
    tracing.stop();
  });

  it.each(BROKEN)('gives its own answer and its own error where %s', async (_what, broken) => {
    broken();
    const answering = sdk(async () => ANSWER);
    instrumentBedrock(answering.exports);
    expect(await answering.client.send(new ConverseCommand())).toBe(ANSWER);
    const error = new Error('of the SDK');
    const refusing = sdk(() => Promise.reject(error));
    instrumentBedrock(refusing.exports);
    await expect(refusing.client.send(new ConverseCommand())).rejects.toBe(error);
  });

  it('gives the error that its method throws at once', () => {
    const { exports, client } = sdk(failing);
    instrumentBedrock(exports);
    expect(() => client.send(new ConverseCommand())).toThrow('told to throw');
  });

  it('is left alone where it is none that is known', () => {
    expect(() => instrumentBedrock({} as BedrockExports)).not.toThrow();
  });
});
