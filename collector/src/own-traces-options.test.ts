import { expect, test } from 'vitest';
import { loadConfig } from './config.ts';

const read = (environment: Record<string, string>) => loadConfig(new Map(), environment).config;

test('no own traces unless an endpoint is named; the variables of OpenTelemetry name none', () => {
  const others = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
  expect(read(others).selfTraces).toBeNull();
  expect(read({ ...others, AICOST_SELF_TRACES: 'http://sink:4318' }).selfTraces).toBe(
    'http://sink:4318',
  );
});

test.for([
  ['0', 0],
  ['0.01', 0.01],
  ['1', 1],
  ['1.0', 1],
] as const)('the share %s is read', ([text, share]) => {
  expect(read({ AICOST_SELF_TRACES_RATIO: text }).selfTracesRatio).toBe(share);
});

test.for(['1.1', '-0.1', '.5', '5%', '1e-2', 'all'])('%s is no share', (text) => {
  expect(() => read({ AICOST_SELF_TRACES_RATIO: text })).toThrow('expected a share from 0 to 1');
});

test('headers are pairs, and a bad list is refused without repeating it', () => {
  const headers = (text: string) => read({ AICOST_SELF_TRACES_HEADERS: text }).selfTracesHeaders;
  expect(headers('X-Api-Key=aicost_a_b=c, tenant=x')).toEqual({
    'x-api-key': 'aicost_a_b=c',
    tenant: 'x',
  });
  expect(() => headers('secret-without-a-name')).toThrow(/expected headers as name=value/);
  expect(() => headers('secret-without-a-name')).not.toThrow(/secret-without-a-name/);
});
