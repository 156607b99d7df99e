/** What every instrumentation of a Stainless client promises of `setConfig`, on what of the SDK's client is watched. */
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { expect } from 'vitest';
import type { StainlessPromise } from './stainless-promise.ts';

/** What such an instrumentation has. */
interface Followed {
  setTracerProvider(provider: TracerProvider): void;
  setConfig(config: { content?: 'on' }): void;
  disable(): void;
}

/** One call of an SDK, and what it answers. */
export interface FollowedCall {
  readonly path: string;
  readonly answer: object;
}

/** Tells of words what its options say at the moment. `patch`: gives it the SDK's class, as its hook does. */
export async function expectFollowedContent(
  instrumentation: Followed,
  { path, answer }: FollowedCall,
  patch: (client: new () => object) => void,
): Promise<void> {
  /** As the SDK's, by what we know of it. */
  class Client {
    post(_path: string, _asked: object): StainlessPromise {
      return {
        parse: async () => answer,
        asResponse: () => Promise.reject(new Error('not asked for')),
        _thenUnwrap: () => this.post('', {}),
      };
    }
    get(): undefined {
      // Nothing is fetched here.
    }
    fetchWithTimeout(): undefined {
      // Nothing goes out.
    }
  }
  const exporter = new InMemorySpanExporter();
  const spanProcessors: SpanProcessor[] = [new SimpleSpanProcessor({ exporter })];
  instrumentation.setTracerProvider(new TracerProvider({ spanProcessors }));
  patch(Client);
  const asked = { body: { model: 'm', messages: [{ role: 'user', content: 'Hi' }] } };
  const told = async (): Promise<unknown> => {
    await new Client().post(path, asked).parse();
    return exporter.getFinishedSpans().at(-1)?.attributes['gen_ai.input.messages'];
  };
  expect(await told()).toBeUndefined();
  instrumentation.setConfig({ content: 'on' });
  expect(await told()).toContain('Hi');
  instrumentation.setConfig({});
  expect(await told()).toBeUndefined();
  expect(exporter.getFinishedSpans()).toHaveLength(3);
  instrumentation.disable();
}
