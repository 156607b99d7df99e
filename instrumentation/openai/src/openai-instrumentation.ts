/** The instrumentation of the npm package `openai`, majors 4 to 7, for OpenTelemetry's registry and by hand. */
import { safely, warnOnce } from '@ai-cost-profiler/core/host-safety.ts';
import { type Tracer, trace } from '@opentelemetry/api';
import {
  InstrumentationBase,
  type InstrumentationConfig,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import { OpenAIApi } from './openai-api.ts';
import type { OpenAIOptions } from './openai-options.ts';
import { type ClientClass, patchClient } from './patch-client.ts';

const NAME = '@ai-cost-profiler/openai';
const VERSION = '0.1.0';
/** Of the SDK, those that are watched: others are left alone. */
export const OPENAI_VERSIONS = ['>=4.19.0 <8'];
/** Where the class with the methods is, for applications that import `openai/azure` and the like. */
const FILES = ['client.js', 'client.mjs', 'core.js', 'core.mjs'];

export interface OpenAIInstrumentationConfig extends OpenAIOptions, InstrumentationConfig {}

/** What the package exports, in its ways: openai 4 is the class itself in CommonJS. */
interface OpenAIModule {
  readonly OpenAI?: ClientClass;
  readonly default?: ClientClass;
  readonly APIClient?: ClientClass;
}

/** Makes a span of each call of `openai`, with its usage. Options: `OpenAIOptions`. */
export class OpenAIInstrumentation extends InstrumentationBase<OpenAIInstrumentationConfig> {
  private takeBack: (() => void)[] | undefined;
  /** Those that were loaded: an application may have several versions, in both module systems. */
  private clients: Set<ClientClass> | undefined;
  private api: OpenAIApi | undefined;

  constructor(config: OpenAIInstrumentationConfig = {}) {
    super(NAME, VERSION, config);
  }

  protected override init(): InstrumentationNodeModuleDefinition {
    // Called by the constructor of the base class, before fields have their values.
    const patch = (module: OpenAIModule): OpenAIModule => {
      safely('patching openai', () => this.patch(module));
      return module;
    };
    const unpatch = (): void => {
      for (const undo of this.takeBack?.splice(0) ?? []) undo();
    };
    const files = FILES.map(
      (file) =>
        new InstrumentationNodeModuleFile(`openai/${file}`, OPENAI_VERSIONS, patch, unpatch),
    );
    return new InstrumentationNodeModuleDefinition(
      'openai',
      OPENAI_VERSIONS,
      patch,
      unpatch,
      files,
    );
  }

  private patch(module: OpenAIModule): void {
    const client = classOf(module);
    if (client === undefined) return;
    this.api ??= new OpenAIApi(
      () => this.tracer,
      () => this.getConfig(),
    );
    this.clients ??= new Set();
    this.clients.add(client);
    this.takeBack ??= [];
    for (const one of this.clients) {
      const undo = patchClient(one, this.api);
      if (undo !== undefined) this.takeBack.push(undo);
    }
  }
}

const classOf = (module: OpenAIModule): ClientClass | undefined =>
  [module.OpenAI, module.default, module.APIClient, module as Partial<ClientClass>].find(
    (one): one is ClientClass => typeof one === 'function',
  );

/**
 * Patches a class by hand, where modules cannot be hooked (bundlers, edge): `OpenAI`, or a class below it such as
 * `AzureOpenAI`. Spans go to the global tracer provider. Returns what takes it back.
 */
export function instrumentOpenAI(client: ClientClass, options: OpenAIOptions = {}): () => void {
  let tracer: Tracer | undefined;
  // Kept, for providers take microseconds to find it again.
  const api = new OpenAIApi(
    () => (tracer ??= trace.getTracer(NAME, VERSION)),
    () => options,
  );
  const undo = safely('patching openai', () => patchClient(client, api));
  if (undo === undefined) warnOnce('openai is patched already, or is no client of openai 4 to 7.');
  return undo ?? (() => undefined);
}
