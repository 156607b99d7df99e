/** What the register entry does: hooks and instrumentations, and OpenTelemetry's SDK unless there is one. */
import { AttributionSpanProcessor } from '@ai-cost-profiler/core/attribution-span-processor.ts';
import { trace } from '@opentelemetry/api';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { type Environment, readEnvironment } from './environment.ts';
import { sdkProvider } from './flush.ts';
import { watchedSdks } from './instrumentations.ts';
import { hookImports } from './loader-hooks.ts';
import { sayOnce } from './notices.ts';
import { setUp } from './set-up.ts';
import { exportingProcessors } from './span-exporting.ts';

/** Starts it all, as the environment asks. Where OpenTelemetry is set up already, only instrumentations are added. */
export function start(environment: Environment = readEnvironment()): void {
  if (environment.isDisabled) return;
  const sdks = watchedSdks(environment);
  hookImports(sdks);
  const instrumentations = sdks.map(({ create }) => create(environment.content));
  if (sdkProvider() !== undefined) {
    registerInstrumentations({ instrumentations });
    return;
  }
  const spanProcessors = [new AttributionSpanProcessor(), ...exportingProcessors(environment)];
  setUp({ environment, instrumentations, spanProcessors });
  tellOfSecondSetUp();
}

/** OpenTelemetry takes one set-up and ignores the next, which nobody would notice. */
function tellOfSecondSetUp(): void {
  const register = trace.setGlobalTracerProvider.bind(trace);
  trace.setGlobalTracerProvider = (provider) => {
    sayOnce(
      'AICOST_SECOND_SETUP',
      'This application sets up OpenTelemetry itself, after @ai-cost-profiler/node/register did: its own set-up ' +
        'has no effect. Leave the register entry out and give `instrumentations()` to your set-up instead.',
    );
    return register(provider);
  };
}
