import { createRequire } from 'node:module';
import { instrumentBedrock } from '@ai-cost-profiler/bedrock/bedrock-instrumentation.ts';
import { instrumentGoogleGenAI } from '@ai-cost-profiler/google-genai/google-genai-instrumentation.ts';
import { trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, type StartedCollector, startCollector } from '../start-collector.ts';
import type { Bedrock } from './bedrock-shapes.ts';
import { type FakeBedrock, startFakeBedrock } from './fake-bedrock.ts';
import { type FakeGoogle, startFakeGoogle } from './fake-google.ts';
import type { GenAI } from './google-genai-shapes.ts';
import { installedSdk } from './installed-sdk.ts';

interface Row {
  readonly model: string;
  readonly provider: string;
  readonly calls: number;
  readonly cost_usd: string | null;
}

let collector: StartedCollector;
let google: FakeGoogle;
let bedrock: FakeBedrock;
let processor: BatchSpanProcessor;
const rows = new Map<string, Row>();

beforeAll(async () => {
  [collector, google, bedrock] = await Promise.all([
    startCollector(),
    startFakeGoogle(),
    startFakeBedrock(),
  ]);
  const exporter = new OTLPTraceExporter({
    url: `${collector.url}/v1/traces`,
    headers: { 'x-api-key': collector.key },
  });
  processor = new BatchSpanProcessor({ exporter });
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor] }));
  await callGoogle();
  await callBedrock();
  await processor.forceFlush();
  for (const row of await breakdown()) rows.set(row.model, row);
});

afterAll(async () => {
  trace.disable();
  await processor.shutdown();
  await google.close();
  bedrock.close();
  expect(await collector.stop()).toBe(0);
});

async function callGoogle(): Promise<void> {
  const folder = await installedSdk('google-genai-3');
  const genai = createRequire(`${folder}/program.cjs`)('@google/genai') as GenAI;
  instrumentGoogleGenAI(genai as unknown as Parameters<typeof instrumentGoogleGenAI>[0]);
  const client = new genai.GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: google.url } });
  await client.models.generateContent({ model: 'gemini-2.5-flash', contents: 'hello' });
  const asked = { model: 'models/gemini-2.5-flash', contents: '!tool', config: { tools: [TOOL] } };
  for await (const _chunk of await client.models.generateContentStream(asked));
}

const TOOL = {
  tool: async () => ({ functionDeclarations: [{ name: 'weather' }] }),
  callTool: async () => [{ functionResponse: { name: 'weather', response: {} } }],
};

async function callBedrock(): Promise<void> {
  const folder = await installedSdk('bedrock-3');
  const sdk = createRequire(`${folder}/program.cjs`)('@aws-sdk/client-bedrock-runtime') as Bedrock;
  instrumentBedrock(sdk as unknown as Parameters<typeof instrumentBedrock>[0]);
  const client = new sdk.BedrockRuntimeClient({
    region: 'eu-central-1',
    endpoint: bedrock.url,
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
  });
  const body = JSON.stringify({ messages: [] });
  for (const modelId of ['amazon.titan-text-express-v1', LLAMA, 'us.amazon.nova-pro-v1:0']) {
    await client.send(new sdk.InvokeModelCommand({ modelId, body }));
  }
  const streamed = new sdk.InvokeModelWithResponseStreamCommand({ modelId: LLAMA, body });
  const { body: pieces } = (await client.send(streamed)) as { body: AsyncIterable<unknown> };
  for await (const _piece of pieces);
  client.destroy();
}

const LLAMA = 'us.meta.llama3-3-70b-instruct-v1:0';

async function breakdown(): Promise<readonly Row[]> {
  const answer = await eventually(
    () => collector.getJson('/api/v1/costs/breakdown?from=now-1h&to=now&by=model,provider'),
    ({ body }) => (body as { rows?: Row[] }).rows?.length === 4,
  );
  return (answer.body as { rows: Row[] }).rows;
}

describe('what calls cost that were made through the SDKs', () => {
  // 850 cached and 150 of them sound, 50 sound, 60 image and 40 video, 50 text, 7 of tools, 112 out.
  const GEMINI_MICRO_USD = 850 * 0.03 + 150 * 0.1 + 50 * 1 + 157 * 0.3 + 112 * 2.5;

  it.each([
    ['gemini-2.5-flash', 'gcp.gemini', 3, ((3 * GEMINI_MICRO_USD) / 1e6).toFixed(7)],
    ['amazon.titan-text-express-v1', 'aws.bedrock', 1, '0.0000324'],
    [LLAMA, 'aws.bedrock', 2, '0.00008928'],
    ['us.amazon.nova-pro-v1:0', 'aws.bedrock', 1, null],
  ])('is known to the last digit for %s', (model, provider, calls, cost) => {
    expect(rows.get(model)).toMatchObject({ model, provider, calls, cost_usd: cost });
  });
});
