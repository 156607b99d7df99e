/**
 * Applications that know nothing of instrumentation, started with the register entry: their calls arrive at a real
 * collector through the real exporter, and cost what they should. ES modules and CommonJS, whole and streamed.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installEmitter } from '../emitters/install-emitter.ts';
import { type ScriptedProvider, startScriptedProvider } from '../emitters/scripted-provider.ts';
import { eventually, type StartedCollector, startCollector } from '../start-collector.ts';
import { chatChunks, chatCompletion } from './openai-answers.ts';
import { runRegistered } from './registered-process.ts';

const COMMAND = fileURLToPath(
  new URL('../../instrumentation/node/src/command.ts', import.meta.url),
);
const USAGE = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
const COMPLETION = chatCompletion({ usage: USAGE });
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5-20251001',
  content: [{ type: 'text', text: 'It is fine.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1000, output_tokens: 100, service_tier: 'standard' },
};

/** Each in its own feature. 1000 tokens in and 100 out, at the list prices of both models. */
const APPLICATIONS = [
  { emitter: 'openai-7', file: 'app.mjs', output: COMPLETION, cost: ['openai-esm', '0.0028'] },
  {
    emitter: 'openai-7',
    file: 'app.cjs',
    output: 'It is fine, ✓.',
    cost: ['openai-cjs', '0.0028'],
  },
  { emitter: 'anthropic-1', file: 'app.mjs', output: MESSAGE, cost: ['anthropic-esm', '0.0015'] },
  { emitter: 'anthropic-1', file: 'app.cjs', output: MESSAGE, cost: ['anthropic-cjs', '0.0015'] },
] as const;

let provider: ScriptedProvider;
let collector: StartedCollector;
beforeAll(async () => {
  [provider, collector] = await Promise.all([startScriptedProvider(), startCollector()]);
  provider.answer(({ path, body }) => {
    if (path.includes('/messages')) return { json: MESSAGE };
    const isStream = (body as { stream?: boolean }).stream === true;
    return isStream ? { events: chunksWithUsage(body) } : { json: COMPLETION };
  });
});
afterAll(() => Promise.all([provider.close(), collector.stop()]));

const chunksWithUsage = (body: unknown): unknown[] =>
  chatChunks(body).map((chunk) => {
    const { usage } = chunk as { usage?: unknown };
    return usage ? { ...(chunk as object), service_tier: 'default', usage: USAGE } : chunk;
  });

const environment = (): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${collector.key}`,
  OTEL_SERVICE_NAME: 'registered',
});

test('every call of an application is priced, whatever it is written in', async () => {
  for (const { emitter, file, output } of APPLICATIONS) {
    const folder = await installEmitter(emitter);
    const line = [
      `${folder}/${file}`,
      emitter.startsWith('openai') ? `${provider.url}/v1` : provider.url,
    ];
    const ended = await runRegistered(line, environment());
    expect(ended).toMatchObject({ code: 0, errors: '' });
    expect(JSON.parse(ended.output)).toEqual(output);
  }
  const ask = async (): Promise<[string, string][]> => {
    const path = '/api/v1/costs/breakdown?from=now-1d&to=now&by=feature,service';
    const { rows } = (await collector.getJson(path)).body as { rows: BreakdownRow[] };
    return rows.map(({ feature, cost_usd }) => [feature, cost_usd]);
  };
  const costs = await eventually(ask, (rows) => rows.length === APPLICATIONS.length);
  expect(Object.fromEntries(costs)).toEqual(
    Object.fromEntries(APPLICATIONS.map(({ cost }) => cost)),
  );
}, 300_000);

interface BreakdownRow {
  readonly feature: string;
  readonly cost_usd: string;
}

test('the doctor tells what is instrumented, and that a span arrives', async () => {
  const cwd = await installEmitter('openai-7');
  const env = { ...process.env, ...environment() };
  const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, 'doctor', '--json'], {
    cwd,
    env,
  });
  const report = JSON.parse(stdout) as { sent: { traceId: string } };
  expect(report).toMatchObject({
    isWell: true,
    settings: [],
    sent: { endpoint: { isWell: true }, span: { isWell: true } },
  });
  expect(report).toHaveProperty(
    'sdks',
    expect.arrayContaining([
      expect.objectContaining({
        sdk: 'openai',
        state: 'instrumented',
        version: expect.stringMatching(/^7\./),
      }),
    ]),
  );
  const count = `SELECT count() FROM spans WHERE trace_id = '${report.sent.traceId}'`;
  expect(
    await eventually(
      () => collector.sql(count),
      (text) => text === '1',
    ),
  ).toBe('1');
});

test('by gRPC too, when nothing is left to do', async () => {
  const program = fileURLToPath(new URL('ending-program.ts', import.meta.url));
  const ended = await runRegistered([program, 'by itself'], {
    ...environment(),
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${collector.grpcTarget}`,
    OTEL_SERVICE_NAME: 'by-grpc',
    AICOST_EXIT_FLUSH_TIMEOUT: '60000',
  });
  expect(ended).toMatchObject({ code: 0, errors: '' });
  const count = `SELECT count() FROM spans WHERE service = 'by-grpc'`;
  expect(
    await eventually(
      () => collector.sql(count),
      (text) => text === '1',
    ),
  ).toBe('1');
});

test.for(['http/protobuf', 'grpc'])(
  'the doctor says what to do about a key that is missing, by %s',
  async (protocol) => {
    const cwd = await installEmitter('openai-7');
    const url = protocol === 'grpc' ? `http://${collector.grpcTarget}` : collector.url;
    const told = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: protocol };
    const env = { ...process.env, ...told };
    const asked = promisify(execFile)(process.execPath, [COMMAND, 'doctor'], { cwd, env });
    const failed = await asked.catch((error: { code: number; stdout: string }) => error);
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stdout).toContain(`Endpoint ${url}`);
    expect(failed.stdout).toContain('✓ it answers');
    expect(failed.stdout).toContain('OTEL_EXPORTER_OTLP_HEADERS=x-api-key=');
  },
);
