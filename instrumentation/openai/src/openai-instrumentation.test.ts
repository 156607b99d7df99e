/** The instrumentation as OpenTelemetry drives it, on what of the SDK's client is watched. */
import type { StainlessPromise } from '@ai-cost-profiler/core/stainless-promise.ts';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { expect, it } from 'vitest';
import { OpenAIInstrumentation } from './openai-instrumentation.ts';

const ANSWER = { id: 'chatcmpl-1', choices: [] };
const ASKED = { body: { model: 'm', messages: [{ role: 'user', content: 'Hi' }] } };

/** As the SDK's, by what we know of it. */
class Client {
  post(_path: string, _asked: object): StainlessPromise {
    return {
      parse: async () => ANSWER,
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

it('tells of words what its options say at the moment', async () => {
  const exporter = new InMemorySpanExporter();
  const instrumentation = new OpenAIInstrumentation();
  const spanProcessors = [new SimpleSpanProcessor({ exporter })];
  instrumentation.setTracerProvider(new TracerProvider({ spanProcessors }));
  const [file] = instrumentation['init']().files;
  file!.patch({ OpenAI: Client }, '7.0.0');
  const told = async (): Promise<unknown> => {
    await new Client().post('/chat/completions', ASKED).parse();
    return exporter.getFinishedSpans().at(-1)?.attributes['gen_ai.input.messages'];
  };
  expect(await told()).toBeUndefined();
  instrumentation.setConfig({ content: 'on' });
  expect(await told()).toContain('Hi');
  instrumentation.setConfig({});
  expect(await told()).toBeUndefined();
  expect(exporter.getFinishedSpans()).toHaveLength(3);
  instrumentation.disable();
});
