/** However an application ends, what it did is sent, and the way it ends stays its own. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OtlpSink, startOtlpSink } from '../emitters/otlp-sink.ts';
import { type EndedProcess, runRegistered } from './registered-process.ts';

const PROGRAM = fileURLToPath(new URL('ending-program.ts', import.meta.url));
/** No port that anything listens at. */
const NOWHERE = 'http://127.0.0.1:9';

interface Ending {
  readonly title: string;
  readonly how: string;
  readonly signal?: NodeJS.Signals;
  readonly ends: Partial<EndedProcess>;
}

const ENDINGS: readonly Ending[] = [
  { title: 'by itself', how: 'by itself', ends: { code: 0 } },
  { title: 'by process.exit', how: 'by process.exit', ends: { code: 3 } },
  { title: 'by an error', how: 'by an error', ends: { code: 1 } },
  { title: 'by SIGTERM', how: 'by a signal', signal: 'SIGTERM', ends: { signal: 'SIGTERM' } },
  { title: 'by SIGINT', how: 'by a signal', signal: 'SIGINT', ends: { signal: 'SIGINT' } },
  {
    title: 'by its own listener',
    how: 'by its own listener',
    signal: 'SIGTERM',
    ends: { code: 4 },
  },
];

let sink: OtlpSink;
beforeAll(async () => {
  sink = await startOtlpSink();
});
afterAll(() => sink.close());

const environment = (endpoint: string): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  // Long: nothing is sent because the machine is slow, but because the process ends.
  OTEL_BSP_SCHEDULE_DELAY: '600000',
  AICOST_EXIT_FLUSH_TIMEOUT: '60000',
});

describe('an application ends', () => {
  test.for(ENDINGS)('$title, and its span is sent once', async ({ how, signal, ends }) => {
    const ended = await runRegistered([PROGRAM, how], environment(sink.url), signal);
    expect(ended).toMatchObject({ ...ends, output: 'recorded\n' });
    const spans = sink.take().flatMap((body) => body.match(/"name":"chat gpt-4\.1"/g) ?? []);
    expect(spans).toHaveLength(1);
  });

  test.for(ENDINGS)('$title, as ever while the collector is away', async (ending) => {
    const { how, signal, ends } = ending;
    const ended = await runRegistered([PROGRAM, how], environment(NOWHERE), signal);
    expect(ended).toMatchObject({ ...ends, output: 'recorded\n' });
  });
});

test('that the collector is away is said once, with what to do', async () => {
  const { errors } = await runRegistered([PROGRAM, 'by itself'], environment(NOWHERE));
  expect(errors.match(/AICOST_COLLECTOR_AWAY/g)).toHaveLength(1);
  expect(errors).toContain('npx @ai-cost-profiler/node doctor');
});

test('OTEL_SDK_DISABLED leaves the application alone', async () => {
  const disabled = { ...environment(sink.url), OTEL_SDK_DISABLED: 'true' };
  const ended = await runRegistered([PROGRAM, 'by itself'], disabled);
  expect(ended).toMatchObject({ code: 0, output: 'recorded\n', errors: '' });
  expect(sink.take()).toEqual([]);
});
