/** The instrumentation as OpenTelemetry's registry drives it: on, off, on again; versions that it does not know. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { OpenAIInstrumentation } from '@ai-cost-profiler/openai/openai-instrumentation.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installEmitter } from '../emitters/install-emitter.ts';
import { type ScriptedProvider, startScriptedProvider } from '../emitters/scripted-provider.ts';
import { chatCompletion } from './openai-answers.ts';
import { type Client, MAJORS, type OpenAIMajor } from './openai-majors.ts';
import { recordSpans } from './span-recorder.ts';

const spans = recordSpans();
const CHAT = { model: 'm', messages: [] };

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider();
  provider.answer(() => ({ json: chatCompletion() }));
});
afterAll(() => provider.close());

test('every major is watched while the instrumentation is on, and is the SDK alone while it is off', async () => {
  const instrumentation = new OpenAIInstrumentation();
  const clients: Client[] = [];
  const prototypes: object[] = [];
  for (const major of MAJORS) {
    const require = createRequire(join(await installEmitter(`openai-${major}`), 'package.json'));
    const { OpenAI } = require('openai') as OpenAIMajor;
    clients.push(new OpenAI({ apiKey: 'k', baseURL: `${provider.url}/v1` }));
    prototypes.push(OpenAI.prototype as object);
  }
  const told = async (): Promise<number> => {
    for (const client of clients) {
      expect(await client.chat.completions.create(CHAT)).toEqual(chatCompletion());
    }
    return (await spans.take(0)).length;
  };
  expect(await told()).toBe(MAJORS.length);
  instrumentation.disable();
  expect(await told()).toBe(0);
  // Nothing of ours is left: the methods are the SDK's.
  for (const one of prototypes) {
    const { post } = one as { post(path: string): unknown };
    expect(String(post)).toContain("methodRequest('post'");
  }
  instrumentation.enable();
  expect(await told()).toBe(MAJORS.length);
  instrumentation.disable();
});
