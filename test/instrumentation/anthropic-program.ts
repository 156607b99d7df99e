/**
 * Calls Anthropic's SDK of one version as an application does, watched by our instrumentation, and writes what each
 * case gave and which spans it made. Parameters: the folder with the SDK, `esm` or `cjs`, the URL of the provider.
 */
import { createRequire, register } from 'node:module';
import { AnthropicInstrumentation } from '@ai-cost-profiler/anthropic/anthropic-instrumentation.ts';
import { ANTHROPIC_CASES, type Case } from './anthropic-cases.ts';
import type { Client, ClientClass } from './anthropic-shapes.ts';
import { platformCases } from './platform-cases.ts';
import { SpanRecorder } from './recorded-spans.ts';

const [folder = '', format = 'esm', url = ''] = process.argv.slice(2);

const recorder = new SpanRecorder();
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
const instrumentation = new AnthropicInstrumentation();

const require = createRequire(`${folder}/program.cjs`);

async function load(name: string): Promise<Record<string, ClientClass>> {
  if (format === 'cjs') return require(name) as Record<string, ClientClass>;
  return (await import(`${folder}/node_modules/${name}/index.mjs`)) as Record<string, ClientClass>;
}

async function run(cases: Readonly<Record<string, Case>>, client: Client): Promise<void> {
  for (const [name, work] of Object.entries(cases)) {
    const result = await work(client, { instrumentation }).catch((error: unknown) => ({
      error: (error as Error).constructor.name,
      status: (error as { readonly status?: unknown }).status,
    }));
    told[name] = { result, spans: await recorder.take() };
  }
}

// The SDK warns of models that have retired.
console.warn = () => undefined;
const told: Record<string, unknown> = {};
const options = { apiKey: 'test', baseURL: url, logLevel: 'off' };
const { Anthropic } = await load('@anthropic-ai/sdk');
await run(ANTHROPIC_CASES, new Anthropic!(options));
/** The packages for other clouds: those of 0.x have a copy of the SDK within. */
async function runPlatforms(
  generation: string,
  bedrockSdk: string,
  vertexSdk: string,
): Promise<void> {
  const { AnthropicBedrock } = await load(bedrockSdk);
  const { AnthropicVertex } = await load(vertexSdk);
  const bedrock = new AnthropicBedrock!({ baseURL: url, skipAuth: true, awsRegion: 'eu-west-1' });
  await run(platformCases('bedrock', generation), bedrock);
  const authClient = { getRequestHeaders: async () => new Headers(), projectId: 'p' };
  const vertex = new AnthropicVertex!({ baseURL: `${url}/v1`, region: 'us-east5', authClient });
  await run(platformCases('vertex', generation), vertex);
}

if (folder.endsWith('-1')) {
  await runPlatforms('1', '@anthropic-ai/bedrock-sdk', '@anthropic-ai/vertex-sdk');
  await runPlatforms('0', 'anthropic-bedrock-sdk-0', 'anthropic-vertex-sdk-0');
}
process.stdout.write(JSON.stringify(told));
