/** Puts the watch on @google/genai, by OpenTelemetry's hooks or by hand. Decides nothing. */
import { followedContent } from '@ai-cost-profiler/core/content.ts';
import { watchFetchTries } from '@ai-cost-profiler/core/fetch-tries.ts';
import { safely, warnOnce } from '@ai-cost-profiler/core/host-safety.ts';
import { trace } from '@opentelemetry/api';
import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
} from '@opentelemetry/instrumentation';
import type { GoogleGenAIConfig, GoogleGenAIOptions } from './options.ts';
import { watchInteractions } from './watched-interactions.ts';
import {
  type GoogleGenAIExports,
  type GoogleMethod,
  isWatched,
  WATCHED_METHODS,
  type Watching,
  watchJson,
  watchMethod,
} from './watched-methods.ts';

const NAME = '@ai-cost-profiler/google-genai';
const VERSION = '0.1.0';
/** Of the SDK, those that are watched: others are left alone. */
export const GOOGLE_GENAI_VERSIONS = ['>=1.0.0 <4'];

type Prototype = Record<string, GoogleMethod>;

/**
 * Spans of the calls of @google/genai 1, 2 and 3: register it before the SDK is loaded (`registerInstrumentations`,
 * `NodeSDK({ instrumentations })`).
 */
export class GoogleGenAIInstrumentation extends InstrumentationBase<GoogleGenAIConfig> {
  declare private unwatch: (() => void)[] | undefined;

  constructor(config: GoogleGenAIConfig = {}) {
    super(NAME, VERSION, config);
  }

  protected override init(): InstrumentationNodeModuleDefinition {
    return new InstrumentationNodeModuleDefinition(
      '@google/genai',
      GOOGLE_GENAI_VERSIONS,
      (exports: GoogleGenAIExports) => this.patch(exports),
      (exports: GoogleGenAIExports) => this.unpatch(exports),
    );
  }

  private patch(exports: GoogleGenAIExports): GoogleGenAIExports {
    eachWatched(exports, this.watching(), (prototype, method, watch) => {
      if (!isWatched(prototype[method]!)) this._wrap(prototype, method, watch);
    });
    // Fields have no values yet where the base class' constructor comes here.
    this.unwatch ??= [];
    this.unwatch.push(unwatchedLater(exports, this.watching()));
    return exports;
  }

  private unpatch(exports: GoogleGenAIExports): void {
    eachWatched(exports, this.watching(), (prototype, method) => this._unwrap(prototype, method));
    for (const undo of this.unwatch?.splice(0) ?? []) undo();
  }

  private watching(): Watching {
    return { tracer: () => this.tracer, content: followedContent(() => this.getConfig()) };
  }
}

/**
 * Watches an SDK that is bundled, or loaded already: `instrumentGoogleGenAI(genai)` with what
 * `import * as genai from '@google/genai'` gives. Spans go to the global tracer provider. Returns what takes it back.
 */
export function instrumentGoogleGenAI(
  exports: GoogleGenAIExports,
  options: GoogleGenAIOptions = {},
): () => void {
  const watching: Watching = {
    tracer: () => trace.getTracer(NAME, VERSION),
    content: followedContent(() => options),
  };
  const undo: (() => void)[] = [];
  eachWatched(exports, watching, (prototype, method, watch) => {
    const original = prototype[method]!;
    if (isWatched(original)) return;
    prototype[method] = watch(original);
    undo.push(() => {
      prototype[method] = original;
    });
  });
  if (undo.length > 0) undo.push(unwatchedLater(exports, watching));
  return () => {
    for (const one of undo.splice(0)) one();
  };
}

const unwatchedLater = (exports: GoogleGenAIExports, watching: Watching): (() => void) =>
  safely('watching interactions', () =>
    watchInteractions(exports.GoogleGenAI.prototype, watching),
  ) ?? (() => undefined);

type Watch = (original: GoogleMethod) => GoogleMethod;

/** Whatever of an SDK is not as it was known is left alone, and said once. */
function eachWatched(
  exports: GoogleGenAIExports,
  watching: Watching,
  work: (prototype: Prototype, method: string, watch: Watch) => void,
): void {
  const each = (owner: keyof GoogleGenAIExports, method: string, watch: Watch): void => {
    const prototype = exports[owner]?.prototype as Prototype | undefined;
    if (typeof prototype?.[method] === 'function') work(prototype, method, watch);
    else warnOnce(`@google/genai has no ${owner}.${method}: it is not watched`);
  };
  safely('watching @google/genai', () => {
    watchFetchTries();
    for (const watched of WATCHED_METHODS) {
      each(watched.owner, watched.method, (original) => watchMethod(original, watched, watching));
    }
    each('HttpResponse', 'json', watchJson);
  });
}
