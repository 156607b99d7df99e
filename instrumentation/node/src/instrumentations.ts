/** The instrumentations that are on, for those who set up OpenTelemetry themselves. */
import type { ContentOptions } from '@ai-cost-profiler/core/content.ts';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { type Environment, readEnvironment } from './environment.ts';
import { INSTRUMENTED_SDKS, type InstrumentedSdk } from './instrumented-sdks.ts';

/**
 * One instrumentation for each SDK, for `registerInstrumentations` or NodeSDK's `instrumentations`. They watch nothing
 * that was loaded before. `OTEL_NODE_ENABLED_INSTRUMENTATIONS` and `OTEL_NODE_DISABLED_INSTRUMENTATIONS` choose among
 * them by name; options win over the environment.
 */
export function instrumentations(options: ContentOptions = {}): Instrumentation[] {
  const environment = readEnvironment();
  return watchedSdks(environment).map(({ create }) =>
    create({ ...environment.content, ...options }),
  );
}

/** Those that the environment does not leave out. */
export function watchedSdks(environment: Environment): InstrumentedSdk[] {
  const { enabledInstrumentations: enabled, disabledInstrumentations: disabled } = environment;
  return INSTRUMENTED_SDKS.filter(
    ({ name }) => (enabled?.includes(name) ?? true) && !disabled.includes(name),
  );
}
