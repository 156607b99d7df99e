/**
 * Records OpenTelemetry's own Python packages: `node record.ts PYTHON`, with a Python environment of
 * examples/python-openai/requirements.txt.
 */
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { startFakeProvider } from '../fake-provider.ts';
import { keepSpans, recordPage } from '../record-page.ts';

const PACKAGE = 'opentelemetry-instrumentation-genai-openai';
const python = process.argv[2] ?? 'python3';
const tellVersion = `from importlib.metadata import version; print(version("${PACKAGE}"))`;
const version = execFileSync(python, ['-c', tellVersion], { encoding: 'utf8' }).trim();
const source = { page: 'python', emitter: `pypi ${PACKAGE}`, version };

const provider = await startFakeProvider('python');
const sent = await recordPage(source, () => ({
  command: join(dirname(python), 'opentelemetry-instrument'),
  args: [python, join(import.meta.dirname, 'app.py')],
  env: { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'not-a-key' },
}));
await provider.close();
keepSpans('otel-genai/python-openai', source, sent('traces'));
