import { type TracerProvider as Provider, type Tracer, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it } from 'vitest';
import {
  GoogleGenAIInstrumentation,
  instrumentGoogleGenAI,
} from './google-genai-instrumentation.ts';
import type { GoogleGenAIExports } from './watched-methods.ts';

const ANSWER = { usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 } };

/** What of the SDK is watched, with answers at hand. */
function sdk(answer: () => Promise<unknown>) {
  class Models {
    readonly apiClient = {
      isVertexAI: () => false,
      getLocation: () => undefined,
      getBaseUrl: () => 'https://localhost/',
    };
    generateContentInternal(_params: { model: string }): Promise<unknown> {
      return answer();
    }
  }
  const exports: GoogleGenAIExports = {
    Models,
    Caches: class {},
    HttpResponse: class {},
    GoogleGenAI: class {},
  };
  return { exports, models: new Models() };
}

const failing = (): never => {
  throw new Error('told to throw');
};

/** Providers of spans in which something of ours meets an error. */
const BROKEN: readonly (readonly [string, () => Provider])[] = [
  ['no tracer can be had', () => ({ getTracer: failing })],
  [
    'no span can be started',
    () => ({ getTracer: () => ({ startSpan: failing }) as unknown as Tracer }),
  ],
  ['a span processor throws at the start', () => provider({ onStart: failing })],
  ['a span processor throws at the end', () => provider({ onEnd: failing })],
];

function provider(hooks: { onStart?: () => void; onEnd?: () => void }): Provider {
  const quiet = { onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} };
  return new TracerProvider({ spanProcessors: [{ ...quiet, ...hooks }] });
}

afterEach(() => trace.disable());

describe('an SDK that is watched by hand', () => {
  it('is watched once, however often it is asked for', async () => {
    const exporter = new InMemorySpanExporter();
    const processor = new SimpleSpanProcessor({ exporter });
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor] }));
    const { exports, models } = sdk(async () => ANSWER);
    const undo = instrumentGoogleGenAI(exports);
    instrumentGoogleGenAI(exports);
    expect(await models.generateContentInternal({ model: 'gemini-2.5-pro' })).toBe(ANSWER);
    await processor.forceFlush();
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual([
      'generate_content gemini-2.5-pro',
    ]);
    undo();
    await models.generateContentInternal({ model: 'gemini-2.5-pro' });
    await processor.forceFlush();
    expect(exporter.getFinishedSpans()).toHaveLength(1);
  });

  it('has its interactions watched once too', () => {
    const { exports } = sdk(async () => ANSWER);
    const given = { parentClient: {}, create() {} };
    class Client {
      get interactions(): object {
        return given;
      }
    }
    const getter = () => Object.getOwnPropertyDescriptor(Client.prototype, 'interactions')?.get;
    const own = getter();
    const undo = instrumentGoogleGenAI({ ...exports, GoogleGenAI: Client });
    const watched = getter();
    expect(watched).not.toBe(own);
    const again = new GoogleGenAIInstrumentation();
    again['init']().patch?.({ ...exports, GoogleGenAI: Client }, '3.0.0');
    expect(getter()).toBe(watched);
    undo();
    expect(getter()).toBe(own);
    again.disable();
  });

  it.each(BROKEN)('gives its own answer where %s', async (_what, broken) => {
    trace.setGlobalTracerProvider(broken());
    const { exports, models } = sdk(async () => ANSWER);
    instrumentGoogleGenAI(exports);
    expect(await models.generateContentInternal({ model: 'gemini-2.5-pro' })).toBe(ANSWER);
  });

  it.each(BROKEN)('gives its own error where %s', async (_what, broken) => {
    trace.setGlobalTracerProvider(broken());
    const error = new Error('of the SDK');
    const { exports, models } = sdk(() => Promise.reject(error));
    instrumentGoogleGenAI(exports);
    await expect(models.generateContentInternal({ model: 'gemini-2.5-pro' })).rejects.toBe(error);
  });

  it('gives the error that its method throws at once', () => {
    const { exports, models } = sdk(failing);
    instrumentGoogleGenAI(exports);
    expect(() => models.generateContentInternal({ model: 'm' })).toThrow('told to throw');
  });

  it('is left alone where it is none that is known', () => {
    expect(() => instrumentGoogleGenAI({} as GoogleGenAIExports)).not.toThrow();
  });
});
