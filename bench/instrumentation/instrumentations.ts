/**
 * The instrumentations of the OpenAI SDK that are measured, each as its own documentation says to set it up, all of
 * them with the same SDK of OpenTelemetry behind them. Each has a folder with its own lock file under
 * bench/peers/instrumentation/, and is measured in a process of its own.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Context, context, metrics, trace } from '@opentelemetry/api';
import { type CollectedSpans, registerGlobally } from './collected-spans.ts';
import type { OpenAiClient, OpenAiPackage } from './openai-client.ts';

const PEERS = join(import.meta.dirname, '..', 'peers', 'instrumentation');

/** Whom the calls of the case on attribution are for. */
export const WHOM = { user: 'user-73919', feature: 'feature-73919', agent: 'agent-73919' } as const;

/** An instrumentation at work. */
export interface Attached {
  /** Where clients are wrapped one by one; for WHOM, where that is said when it is wrapped. */
  readonly wrap?: (client: OpenAiClient, isAttributed?: boolean) => OpenAiClient;
  /** Runs `work` for WHOM, as far as its own interface can say it. */
  readonly attribute?: (work: () => Promise<unknown>) => Promise<unknown>;
}

export interface Instrumentation {
  readonly name: string;
  /** Under bench/peers/instrumentation/. */
  readonly folder: string;
  /** Whose version is told; undefined: of this repository. */
  readonly packageName: string | undefined;
  /** `isContent`: as it is by itself; else without prompts and answers, where that can be said. */
  readonly attach: (options: Attaching) => Attached | Promise<Attached>;
  /** Opens a tracer provider of its own, and takes no other. */
  readonly hasOwnProvider?: true;
}

interface Attaching {
  readonly require: NodeJS.Require;
  readonly isContent: boolean;
  readonly spans: CollectedSpans;
}

/** What all that are built on OpenTelemetry's base class have. */
type InstrumentationClass = new (
  config?: object,
) => { setTracerProvider(provider: unknown): void; setMeterProvider(provider: unknown): void };

function attachClass(Class: InstrumentationClass, config: object = {}): void {
  const instrumentation = new Class(config);
  instrumentation.setTracerProvider(trace.getTracerProvider());
  instrumentation.setMeterProvider(metrics.getMeterProvider());
}

const ours: Instrumentation = {
  name: 'ours',
  folder: 'bare',
  packageName: undefined,
  async attach() {
    const { OpenAIInstrumentation } = await import(
      '@ai-cost-profiler/openai/openai-instrumentation.ts'
    );
    const { withAttribution } = await import('@ai-cost-profiler/core/attribution.ts');
    attachClass(OpenAIInstrumentation);
    return { attribute: (work) => withAttribution(WHOM, work) };
  },
};

const openTelemetry: Instrumentation = {
  name: 'OpenTelemetry',
  folder: 'opentelemetry',
  packageName: '@opentelemetry/instrumentation-openai',
  attach({ require }) {
    attachClass(require('@opentelemetry/instrumentation-openai').OpenAIInstrumentation);
    return {};
  },
};

const traceloop: Instrumentation = {
  name: 'Traceloop',
  folder: 'traceloop',
  packageName: '@traceloop/instrumentation-openai',
  attach({ require, isContent }) {
    const { OpenAIInstrumentation } = require('@traceloop/instrumentation-openai');
    attachClass(OpenAIInstrumentation, isContent ? {} : { traceContent: false });
    return {};
  },
};

interface OpenInferenceContexts {
  setUser(context: Context, user: { userId: string }): Context;
  setMetadata(context: Context, metadata: object): Context;
}

const openInference: Instrumentation = {
  name: 'OpenInference',
  folder: 'openinference',
  packageName: '@arizeai/openinference-instrumentation-openai',
  attach({ require, isContent }) {
    const name = '@arizeai/openinference-instrumentation-openai';
    const traceConfig = { hideInputs: true, hideOutputs: true };
    attachClass(require(name).OpenAIInstrumentation, isContent ? {} : { traceConfig });
    const { setUser, setMetadata } = createRequire(require.resolve(name))(
      '@arizeai/openinference-core',
    ) as OpenInferenceContexts;
    const { user, feature, agent } = WHOM;
    return {
      attribute: (work) => {
        const whom = setUser(context.active(), { userId: user });
        return context.with(setMetadata(whom, { feature, agent }), work);
      },
    };
  },
};

const openLit: Instrumentation = {
  name: 'OpenLIT',
  folder: 'openlit',
  packageName: 'openlit',
  hasOwnProvider: true,
  attach({ require, isContent, spans }) {
    // It opens a provider of its own and has no way in for a processor: without an exporter ours is its only one.
    process.env['OTEL_TRACES_EXPORTER'] = 'none';
    const { Openlit, injectAdditionalAttributes } = require('openlit');
    const own = createRequire(require.resolve('openlit'))('@opentelemetry/api') as Api;
    Openlit.init({
      disableMetrics: true,
      disableEvents: true,
      pricingJson:
        '{"chat":{},"embeddings":{},"images":{"gpt-image-1":{"standard":{}}},"audio":{}}',
      ...(isContent ? {} : { captureMessageContent: false }),
    });
    addProcessor(own.trace.getTracerProvider(), spans);
    const { user, feature, agent } = WHOM;
    const attributes = { 'user.id': user, feature, 'gen_ai.agent.name': agent };
    return { attribute: (work) => injectAdditionalAttributes(work, attributes) };
  },
};

interface Api {
  readonly trace: { getTracerProvider(): unknown };
}

/** Into a provider of OpenTelemetry's SDK 2, which has no method for it. */
function addProcessor(global: unknown, spans: CollectedSpans): void {
  const { _activeSpanProcessor: active } = (
    global as { getDelegate(): { _activeSpanProcessor: { _spanProcessors: unknown[] } } }
  ).getDelegate();
  active._spanProcessors.push(spans);
}

const NO_EXPORTER = {
  export: (_spans: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
  shutdown: () => Promise.resolve(),
};

const langfuse: Instrumentation = {
  name: 'Langfuse',
  folder: 'langfuse',
  packageName: '@langfuse/openai',
  attach({ require, spans }) {
    const { observeOpenAI } = require('@langfuse/openai');
    const { LangfuseSpanProcessor } = require('@langfuse/otel');
    // Its processor writes on spans what was said of them; it would send them to Langfuse when they end.
    const processor = new LangfuseSpanProcessor({ exporter: NO_EXPORTER });
    spans.begin = (...begun) => processor.onStart(...begun);
    const { user, feature, agent } = WHOM;
    const whom = { userId: user, generationMetadata: { feature, agent } };
    return {
      wrap: (client, isAttributed) =>
        observeOpenAI(client, isAttributed === true ? whom : undefined),
    };
  },
};

export const INSTRUMENTATIONS: readonly Instrumentation[] = [
  ours,
  openTelemetry,
  traceloop,
  openInference,
  openLit,
  langfuse,
];

export function instrumentationNamed(name: string | undefined): Instrumentation {
  const found = INSTRUMENTATIONS.find((one) => one.name === name);
  if (found === undefined) throw new RangeError(`No instrumentation is named ${name}.`);
  return found;
}

export const folderOf = ({ folder }: Instrumentation): string => join(PEERS, folder);

export interface Loaded {
  /** Loaded before anything was attached. */
  readonly bare: OpenAiPackage;
  /** Loaded anew afterwards. */
  readonly watched: OpenAiPackage;
  readonly attached: Attached;
}

/** The SDK twice in one process, as two modules that share no code: without the instrumentation and with it. */
export async function loadWith(
  one: Instrumentation,
  options: Omit<Attaching, 'require'>,
): Promise<Loaded> {
  const require = createRequire(join(folderOf(one), 'package.json'));
  const bare = require('openai') as OpenAiPackage;
  for (const path of Object.keys(require.cache)) {
    if (path.includes(`${join('node_modules', 'openai')}/`)) delete require.cache[path];
  }
  if (one.hasOwnProvider !== true) registerGlobally(options.spans);
  const attached = await one.attach({ require, ...options });
  return { bare, watched: require('openai') as OpenAiPackage, attached };
}

export function versionOf(one: Instrumentation): string {
  const path = one.packageName === undefined ? [] : ['node_modules', one.packageName];
  const folder = one.packageName === undefined ? join(PEERS, '..', '..', '..') : folderOf(one);
  const require = createRequire(join(folder, 'package.json'));
  return (require(join(folder, ...path, 'package.json')) as { version: string }).version;
}
