/** The register entry beside a set-up of OpenTelemetry of the application's own, and with settings of NodeSDK. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OtlpSink, startOtlpSink } from '../emitters/otlp-sink.ts';
import { runRegistered } from './registered-process.ts';

const pathOf = (file: string): string => new URL(file, import.meta.url).pathname;
const PROGRAM = [pathOf('ending-program.ts'), 'by itself'];
const OWN_SET_UP = pathOf('own-set-up.ts');
const SPAN = /"?name"?: ?['"]chat gpt-4\.1['"]/;

let sink: OtlpSink;
beforeAll(async () => {
  sink = await startOtlpSink();
});
afterAll(() => sink.close());

const environment = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  AICOST_EXIT_FLUSH_TIMEOUT: '60000',
  ...more,
});

test('a set-up that was there before stays the only one', async () => {
  const before = environment({ NODE_OPTIONS: `--import ${OWN_SET_UP}` });
  const ended = await runRegistered(PROGRAM, before);
  expect(ended).toMatchObject({ code: 0, errors: '', output: expect.stringMatching(SPAN) });
  expect(sink.take()).toEqual([]);
});

test('one that comes after has no effect, as OpenTelemetry has it, and that is said', async () => {
  const ended = await runRegistered(['--import', OWN_SET_UP, ...PROGRAM], environment());
  expect(ended).toMatchObject({ code: 0, output: 'recorded\n' });
  expect(ended.errors).toContain('AICOST_SECOND_SETUP');
  expect(ended.errors).toContain('instrumentations()');
  expect(sink.take().join()).toMatch(SPAN);
});

test('what only NodeSDK knows is left to it, and spans are sent as ever', async () => {
  const ended = await runRegistered(PROGRAM, environment({ OTEL_PROPAGATORS: 'b3' }));
  expect(ended).toMatchObject({ code: 0, errors: '', output: 'recorded\n' });
  expect(sink.take().join()).toMatch(SPAN);
});

test('what cannot be started is said, and the application runs', async () => {
  const wrong = environment({ OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere at all' });
  const ended = await runRegistered(PROGRAM, wrong);
  expect(ended).toMatchObject({ code: 0, output: 'recorded\n' });
  expect(ended.errors).toMatch(/AICOST_/);
});
