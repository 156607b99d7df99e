/** The variables of tracing, as OpenTelemetry's NodeSDK reads them. */
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { afterEach, expect, test, vi } from 'vitest';
import {
  limitsOfEnvironment,
  propagatorOfEnvironment,
  resourceOfEnvironment,
  samplerOfEnvironment,
} from './tracer-settings.ts';

afterEach(() => vi.unstubAllEnvs());

const set = (variables: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
};

test.for([
  [{}, 'ParentBased{root=AlwaysOnSampler, '],
  [{ OTEL_TRACES_SAMPLER: 'always_on' }, 'AlwaysOnSampler'],
  [{ OTEL_TRACES_SAMPLER: 'always_off' }, 'AlwaysOffSampler'],
  [
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' },
    'TraceIdRatioBased{0.25}',
  ],
  [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '7' }, 'TraceIdRatioBased{1}'],
  [{ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, 'ParentBased{root=AlwaysOffSampler, '],
  [
    { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' },
    'ParentBased{root=TraceIdRatioBased{0.5}, ',
  ],
] as const)('sampler: %o', ([variables, expected]) => {
  set(variables);
  expect(samplerOfEnvironment().toString().startsWith(expected)).toBe(true);
});

test('a sampler that nobody knows is said, and everything is sampled', () => {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  set({ OTEL_TRACES_SAMPLER: 'constructor' });

  const decided = samplerOfEnvironment().shouldSample(ROOT_CONTEXT, '1', 'a', 0, {}, []);
  expect(decided.decision).toBe(SamplingDecision.RECORD_AND_SAMPLED);
  expect(warning.mock.calls[0]?.[0]).toContain('always_on');
});

test('limits: those of spans win over those of everything, and what is not set is not there', () => {
  set({
    OTEL_ATTRIBUTE_COUNT_LIMIT: '5',
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '7',
    OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '99',
  });
  expect(limitsOfEnvironment()).toEqual({ attributeCountLimit: 7, attributeValueLengthLimit: 99 });
});

test.for([
  ['', ['traceparent', 'tracestate', 'baggage']],
  ['tracecontext', ['traceparent', 'tracestate']],
  ['baggage,baggage', ['baggage']],
] as const)('propagators: %o', ([names, fields]) => {
  set({ OTEL_PROPAGATORS: names });
  const propagator = propagatorOfEnvironment();
  expect(propagator).toHaveProperty('fields');
  if (typeof propagator === 'object') expect(propagator.fields()).toEqual(fields);
});

test('propagators: none are none, and what only NodeSDK knows is left to it', () => {
  set({ OTEL_PROPAGATORS: 'none' });
  expect(propagatorOfEnvironment()).toBe('none');
  set({ OTEL_PROPAGATORS: 'tracecontext,b3' });
  expect(propagatorOfEnvironment()).toBeUndefined();
});

test('resource: the name of the service wins over the attributes, and detectors may be chosen', () => {
  set({
    OTEL_SERVICE_NAME: 'shop',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment.name=prod',
    OTEL_NODE_RESOURCE_DETECTORS: 'env',
  });
  const { attributes } = resourceOfEnvironment();
  expect(attributes).toMatchObject({
    'service.name': 'shop',
    'deployment.environment.name': 'prod',
    'telemetry.sdk.language': 'nodejs',
  });
  expect(attributes).not.toHaveProperty('process.pid');
});
