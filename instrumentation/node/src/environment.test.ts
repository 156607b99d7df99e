/** What the variables ask for, as OpenTelemetry specifies them. */
import { expect, test } from 'vitest';
import { type Environment, readEnvironment } from './environment.ts';

const CASES: readonly [string, Record<string, string>, Partial<Environment>][] = [
  [
    'nothing is set',
    {},
    {
      isDisabled: false,
      exporters: ['otlp'],
      protocol: 'http/protobuf',
      queueSpansMax: 2048,
      queueBytesMax: 64_000_000,
      batchSpansMax: 512,
      delayMs: 5000,
      exitFlushMs: 2000,
      enabledInstrumentations: undefined,
      content: { content: 'off' },
      isTlsConfigured: false,
      isMetricsAsked: false,
    },
  ],
  ['an empty value is none', { OTEL_TRACES_EXPORTER: ' ' }, { exporters: ['otlp'] }],
  ['a list', { OTEL_TRACES_EXPORTER: 'console, otlp,' }, { exporters: ['console', 'otlp'] }],
  ['any spelling of true', { OTEL_SDK_DISABLED: 'TRUE' }, { isDisabled: true }],
  ['anything else is false', { OTEL_SDK_DISABLED: '1' }, { isDisabled: false }],
  [
    'the protocol of traces wins',
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' },
    { protocol: 'http/json' },
  ],
  ['no number is none', { OTEL_BSP_SCHEDULE_DELAY: 'soon' }, { delayMs: 5000 }],
  ['nor is one below 1', { OTEL_BSP_MAX_QUEUE_SIZE: '0' }, { queueSpansMax: 2048 }],
  ['a batch is no longer than the queue', { OTEL_BSP_MAX_QUEUE_SIZE: '9' }, { batchSpansMax: 9 }],
  ['the end need not wait', { AICOST_EXIT_FLUSH_TIMEOUT: '0' }, { exitFlushMs: 0 }],
  [
    'certificates',
    { OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE: 'a.pem' },
    { isTlsConfigured: true },
  ],
  [
    'content, where it is asked for, and not fingerprints of it',
    {
      OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true',
      AICOST_FINGERPRINT_KEY: 'a secret of 16 bytes or more',
    },
    { content: { content: 'on' } },
  ],
  [
    'fingerprints of prompts, by their key',
    { AICOST_FINGERPRINT_KEY: 'a secret of 16 bytes or more' },
    { content: { content: 'fingerprint', fingerprintKey: 'a secret of 16 bytes or more' } },
  ],
  ['another signal', { OTEL_METRICS_EXPORTER: 'otlp' }, { isMetricsAsked: true }],
  [
    'another signal that nobody wants',
    { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: ' none' },
    { isMetricsAsked: false, isLogsAsked: false },
  ],
];

test.for(CASES)('%s', ([, variables, expected]) => {
  expect(readEnvironment(variables)).toMatchObject(expected);
});
