/**
 * Records what LiteLLM sends, in its first generation of OpenTelemetry, in its second, and in the second with every
 * layer of names on one span. Needs a Python environment with requirements.txt: `node record.ts path/to/python
 * [generation]`.
 */
import { spawn } from 'node:child_process';
import { startFakeProvider } from '../fake-provider.ts';
import { keepRecording, startOtlpSink } from '../otlp-sink.ts';

const GENERATIONS = ['v1', 'v2', 'v2-layers'];
const CASES = [
  'chat-openai',
  'stream-openai',
  'chat-anthropic-cached',
  'embeddings',
  'cache-hit',
  'error',
];

const [, , python = 'python3', only] = process.argv;
const sink = await startOtlpSink();
const version = (
  await run(['-c', 'from importlib.metadata import version; print(version("litellm"))'])
).trim();
for (const generation of only === undefined ? GENERATIONS : [only]) {
  for (const name of CASES) {
    const provider = await startFakeProvider();
    const env = { FAKE_PROVIDER_URL: provider.url, OTLP_URL: sink.url };
    await run(['record.py', generation, name], env);
    keepRecording(
      { dialect: 'litellm', name: `${generation}-${name}`, emitter: 'litellm', version },
      sink.take(),
    );
    await provider.close();
  }
}
await sink.close();

function run(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, {
      env: { ...process.env, ...env },
      cwd: import.meta.dirname,
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString('utf8');
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(errors))));
  });
}
