/**
 * Records what the Python instrumentations of OpenLLMetry, OpenInference and OpenLIT send:
 * `node record.ts PYTHON EMITTER`, with a Python environment of requirements.txt, for openinference of
 * requirements-openinference.txt.
 */
import { spawn } from 'node:child_process';
import { startFakeProvider } from '../fake-provider.ts';
import { keepRecording, startOtlpSink } from '../otlp-sink.ts';

/** The package whose version is told with a fixture, by dialect and SDK. */
const PACKAGES: Readonly<Record<string, (library: string) => string>> = {
  openllmetry: (library) => `opentelemetry-instrumentation-${library}`,
  openinference: (library) => `openinference-instrumentation-${library}`,
  openlit: () => 'openlit',
};
const CASES = [
  'openai-chat',
  'openai-chat-stream',
  'openai-responses',
  'openai-embeddings',
  'openai-error',
  'anthropic-cached',
  'anthropic-cached-stream',
];

const [, , python = 'python3', only] = process.argv;
const sink = await startOtlpSink();
for (const [dialect, packageOf] of Object.entries(PACKAGES)) {
  if (only === undefined || only === dialect) {
    for (const name of CASES) {
      await record(dialect, name, packageOf(name.split('-')[0]!));
    }
  }
}
await sink.close();

async function record(dialect: string, name: string, emitter: string): Promise<void> {
  const provider = await startFakeProvider();
  const env = { FAKE_PROVIDER_URL: provider.url, OTLP_URL: sink.url };
  await run(['record.py', dialect, name], env);
  await provider.close();
  const bodies = sink.take();
  if (bodies.length === 0) {
    process.stdout.write(`${dialect}/${name}: nothing was sent\n`);
    return;
  }
  const tellVersion = `from importlib.metadata import version; print(version("${emitter}"))`;
  const version = (await run(['-c', tellVersion])).trim();
  keepRecording({ dialect, name: `python-${name}`, emitter: `pypi ${emitter}`, version }, bodies);
}

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
