/** Whatever of ours or of the SDK breaks: the application has the provider's own result, or its own error. */
import { type DiagLogger, diag, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { withAttribution } from './attribution.ts';
import type { CallReader } from './call-reader.ts';
import { CallSpan } from './call-span.ts';
import { safely, warnOnce } from './host-safety.ts';
import { recordCall, recordToolCost } from './record-call.ts';
import { tapIterator } from './stream-tap.ts';
import { startTracing, type TestTracing, THROWING_PROCESSOR } from './test-tracing.ts';
import { tracedAgent, tracedTool } from './traced-work.ts';

const logged = vi.fn();
const logger: DiagLogger = {
  error: logged,
  warn: logged,
  info: logged,
  debug: logged,
  verbose: logged,
};

let tracing: TestTracing | undefined;
beforeEach(() => {
  logged.mockReset();
  diag.setLogger(logger, { suppressOverrideMessage: true });
});
afterEach(() => {
  tracing?.stop();
  diag.disable();
});

const broken = (): never => {
  throw new Error('ours');
};

describe('work that is done safely', () => {
  it('gives what it gives', () => expect(safely('adding', () => 1 + 1)).toBe(2));

  it('gives nothing where it throws, and says so to the diagnostic logger', () => {
    expect(safely('adding', broken)).toBeUndefined();
    expect(logged.mock.calls[0]?.join(' ')).toContain('adding failed; the call itself goes on');
  });

  it('warns of one thing once', () => {
    warnOnce('no body to read');
    warnOnce('no body to read');
    expect(logged).toHaveBeenCalledTimes(1);
  });
});

describe('with an SDK of which every hook throws', () => {
  beforeEach(() => {
    tracing = startTracing([THROWING_PROCESSOR]);
  });

  test.for<[string, () => unknown, unknown]>([
    ['a tool returns its result', () => tracedTool('t', () => 5)(), 5],
    ['an agent returns its result', () => tracedAgent('a', () => 5)(), 5],
    ['attributed work returns its result', () => withAttribution({ user: 'u' }, () => 5), 5],
    ['recording a call throws nothing', () => recordCall({ provider: 'p', model: 'm' }), undefined],
    [
      'recording a cost throws nothing',
      () => recordToolCost({ tool: 't', costUsd: '1' }),
      undefined,
    ],
  ])('%s', ([, work, result]) => {
    expect(work()).toBe(result);
  });

  it('a tool throws its own error, and only that', () => {
    const error = new Error('of the tool');
    const tool = tracedTool('t', () => {
      throw error;
    });
    expect(tool).toThrow(error);
  });
});

describe('a processor of which only the end throws', () => {
  it('breaks no call', () => {
    tracing = startTracing([{ ...THROWING_PROCESSOR, onStart: () => undefined }]);
    const request = { operation: 'chat', provider: 'openai', model: 'm' };
    const span = new CallSpan(trace.getTracer('test'), request);
    span.tryBegins();
    span.tryFailed(performance.now(), {});
    expect(() => span.tryBegins()).not.toThrow();
    expect(() => span.failed(new Error('x'))).not.toThrow();
    expect(() => span.end()).not.toThrow();
  });
});

describe('a reader of which every hook throws', () => {
  const reader: CallReader = {
    request: { operation: 'chat', provider: 'openai', model: 'm' },
    readWhole: broken,
    readChunk: broken,
    readStreamed: broken,
  };

  async function* chunks(error?: Error): AsyncGenerator<number> {
    yield 1;
    yield 2;
    if (error !== undefined) throw error;
  }
  const tapped = (error?: Error) => {
    tracing = startTracing();
    const span = new CallSpan(trace.getTracer('test'), reader.request);
    return tapIterator(chunks(error), { span, reader });
  };

  it('leaves a stream whole', async () => {
    const seen: number[] = [];
    for await (const chunk of tapped()) seen.push(chunk);
    expect(seen).toEqual([1, 2]);
    expect(tracing?.spans()).toHaveLength(1);
  });

  it('leaves a stream its own error', async () => {
    const error = new Error('of the provider');
    const read = async () => {
      for await (const _ of tapped(error));
    };
    await expect(read()).rejects.toBe(error);
    expect(tracing?.spans()[0]?.attributes['error.type']).toBe('Error');
  });

  it('lets a stream be left early', async () => {
    for await (const _ of tapped()) break;
    expect(tracing?.spans()).toHaveLength(1);
  });
});
