/**
 * The settings of tracing that OpenTelemetry specifies for the environment (Environment Variable Specification 1.49:
 * samplers, limits, propagators, resource), read as its NodeSDK reads them. Loading NodeSDK takes five times as long as
 * all that tracing needs, which every start of an application would pay.
 */
import { DiagConsoleLogger, diag, type TextMapPropagator } from '@opentelemetry/api';
import {
  CompositePropagator,
  diagLogLevelFromString,
  getNumberFromEnv,
  getStringFromEnv,
  getStringListFromEnv,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import {
  defaultResource,
  detectResources,
  envDetector,
  hostDetector,
  osDetector,
  processDetector,
  type Resource,
  type ResourceDetector,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  type SpanLimits,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import { sayOnce } from './notices.ts';

/** `OTEL_LOG_LEVEL`: OpenTelemetry's own messages, nowhere unless asked for. */
export function useLogLevel(): void {
  const level = getStringFromEnv('OTEL_LOG_LEVEL');
  const logLevel = level === undefined ? undefined : diagLogLevelFromString(level);
  if (logLevel !== undefined) diag.setLogger(new DiagConsoleLogger(), { logLevel });
}

const DETECTORS: Readonly<Record<string, ResourceDetector>> = {
  serviceinstance: serviceInstanceIdDetector,
  process: processDetector,
  host: hostDetector,
  os: osDetector,
  env: envDetector,
};

/** `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_NODE_RESOURCE_DETECTORS`. */
export function resourceOfEnvironment(): Resource {
  const names = getStringListFromEnv('OTEL_NODE_RESOURCE_DETECTORS') ?? ['all'];
  const detectors = names.includes('all')
    ? Object.values(DETECTORS)
    : names.flatMap((name) => known(DETECTORS, name, 'OTEL_NODE_RESOURCE_DETECTORS') ?? []);
  return defaultResource().merge(detectResources({ detectors }));
}

const SAMPLERS: Readonly<Record<string, () => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: () => new TraceIdRatioBasedSampler(samplerRatio()),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: () =>
    new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(samplerRatio()) }),
};

/** `OTEL_TRACES_SAMPLER` with `OTEL_TRACES_SAMPLER_ARG`. Default: everything that its parent does not leave out. */
export function samplerOfEnvironment(): Sampler {
  const name = getStringFromEnv('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on';
  const sampler = known(SAMPLERS, name, 'OTEL_TRACES_SAMPLER');
  return (sampler ?? SAMPLERS['parentbased_always_on']!)();
}

function samplerRatio(): number {
  const ratio = getNumberFromEnv('OTEL_TRACES_SAMPLER_ARG') ?? 1;
  return ratio >= 0 && ratio <= 1 ? ratio : 1;
}

/** `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` and its like. */
export function limitsOfEnvironment(): SpanLimits {
  const first = (...names: string[]): number | undefined =>
    names.map((name) => getNumberFromEnv(name)).find((value) => value !== undefined);
  const limits = {
    attributeCountLimit: first('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'),
    attributeValueLengthLimit: first(
      'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
      'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    ),
    eventCountLimit: first('OTEL_SPAN_EVENT_COUNT_LIMIT'),
    linkCountLimit: first('OTEL_SPAN_LINK_COUNT_LIMIT'),
    attributePerEventCountLimit: first('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'),
    attributePerLinkCountLimit: first('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'),
  };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

const PROPAGATORS: Readonly<Record<string, () => TextMapPropagator>> = {
  tracecontext: () => new W3CTraceContextPropagator(),
  baggage: () => new W3CBaggagePropagator(),
};

/** `OTEL_PROPAGATORS`: undefined where it has one that only NodeSDK knows, such as b3. */
export function propagatorOfEnvironment(): TextMapPropagator | 'none' | undefined {
  const names = getStringListFromEnv('OTEL_PROPAGATORS') ?? Object.keys(PROPAGATORS);
  if (names.includes('none')) return 'none';
  const propagators = [...new Set(names)].map((name) => PROPAGATORS[name]?.());
  if (propagators.includes(undefined)) return undefined;
  return new CompositePropagator({ propagators: propagators as TextMapPropagator[] });
}

function known<Value>(
  values: Readonly<Record<string, Value>>,
  name: string,
  variable: string,
): Value | undefined {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  const names = Object.keys(values).join(', ');
  if (value === undefined && name !== 'none') {
    sayOnce(
      `AICOST_${variable}`,
      `${variable} names "${name}", which is not known; known are ${names}.`,
    );
  }
  return value;
}
