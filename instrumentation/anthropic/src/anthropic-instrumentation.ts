/**
 * Calls that an application makes with @anthropic-ai/sdk, as spans. The client class from which those of all platforms
 * inherit is patched in place, wherever it is loaded from: AnthropicBedrock and AnthropicVertex bring copies of the SDK
 * of their own, and load its client by its file.
 */
import { followedContent } from '@ai-cost-profiler/core/content.ts';
import { safely } from '@ai-cost-profiler/core/host-safety.ts';
import {
  type StainlessPrototype,
  watchFetch,
  watchPost,
} from '@ai-cost-profiler/core/stainless-client.ts';
import { WatchMark } from '@ai-cost-profiler/core/watch-mark.ts';
import { trace } from '@opentelemetry/api';
import {
  InstrumentationBase,
  type InstrumentationConfig,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import { AnthropicApi, type AnthropicWatch } from './anthropic-api.ts';
import { type Get, watchGet } from './batch-results.ts';
import type { AnthropicOptions } from './options.ts';

const NAME = '@ai-cost-profiler/anthropic';
const VERSION = '0.1.0';
const SDK = '@anthropic-ai/sdk';
/** Of the SDK, those that are watched: others are left alone. */
export const ANTHROPIC_VERSIONS = ['>=0.20.0 <2'];

/** Where the SDK keeps its client: `client` since 0.50, `core` before. */
const CLIENT_FILES = ['client.js', 'client.mjs', 'core.js', 'core.mjs'];

/** Classes that such a file may export. */
const CLIENT_CLASSES = ['BaseAnthropic', 'Anthropic', 'APIClient'];

export interface AnthropicInstrumentationConfig extends InstrumentationConfig, AnthropicOptions {}

/** For OpenTelemetry's registerInstrumentations and NodeSDK. When it is disabled, calls go on unwatched. */
export class AnthropicInstrumentation extends InstrumentationBase<AnthropicInstrumentationConfig> {
  constructor(config: AnthropicInstrumentationConfig = {}) {
    super(NAME, VERSION, config);
  }

  /** Runs within the constructor of the base class. */
  protected override init(): InstrumentationNodeModuleDefinition {
    const watch: AnthropicWatch = {
      tracer: () => this.tracer,
      content: followedContent(() => this.getConfig()),
      isEnabled: () => this.isEnabled(),
    };
    const patch = (exported: Exported): Exported => {
      safely('patching the client', () => patchExported(exported, watch));
      return exported;
    };
    // What is patched stays so: it passes calls on while the instrumentation is disabled.
    const files = CLIENT_FILES.map(
      (file) =>
        new InstrumentationNodeModuleFile(
          `${SDK}/${file}`,
          ANTHROPIC_VERSIONS,
          patch,
          () => undefined,
        ),
    );
    return new InstrumentationNodeModuleDefinition(
      SDK,
      ANTHROPIC_VERSIONS,
      undefined,
      undefined,
      files,
    );
  }
}

/** A client class of the SDK: Anthropic, AnthropicBedrock, AnthropicVertex. */
export interface AnthropicClass {
  readonly prototype: object;
}

/**
 * Patches a client class by hand, where modules cannot be hooked, such as in a bundle. All clients are watched then,
 * those of other platforms with the same copy of the SDK too. Does nothing to a class that is patched already.
 */
export function instrumentAnthropic(client: AnthropicClass, options: AnthropicOptions = {}): void {
  safely('patching the client', () => {
    const tracer = trace.getTracer(NAME, VERSION);
    const content = followedContent(() => options);
    patchClass(client, { tracer: () => tracer, content, isEnabled: () => true });
  });
}

type Exported = Readonly<Record<string, Partial<AnthropicClass> | undefined>>;

function patchExported(exported: Exported, watch: AnthropicWatch): void {
  for (const name of CLIENT_CLASSES) {
    const { prototype } = exported[name] ?? {};
    if (prototype !== undefined) patchClass({ prototype }, watch);
  }
}

type ClientPrototype = StainlessPrototype & { get: Get };

const MARK = new WatchMark(NAME);

function patchClass({ prototype }: AnthropicClass, watch: AnthropicWatch): void {
  const owner = ownerOfPost(prototype);
  if (owner === undefined || MARK.isOn(owner)) return;
  const { post, get, fetchWithTimeout } = owner;
  MARK.put(owner);
  owner.post = watchPost(post, new AnthropicApi(watch));
  owner.get = watchGet(get, watch);
  owner.fetchWithTimeout = watchFetch(fetchWithTimeout);
}

/** The class in the line of inheritance that has the methods. */
function ownerOfPost(prototype: object | null): ClientPrototype | undefined {
  if (prototype === null) return undefined;
  const isOwner = ['post', 'get', 'fetchWithTimeout'].every((name) =>
    Object.hasOwn(prototype, name),
  );
  return isOwner
    ? (prototype as ClientPrototype)
    : ownerOfPost(Object.getPrototypeOf(prototype) as object | null);
}
