/** Puts the watch on @aws-sdk/client-bedrock-runtime, by OpenTelemetry's hooks or by hand. Decides nothing. */
import { followedContent } from '@ai-cost-profiler/core/content.ts';
import { safely } from '@ai-cost-profiler/core/host-safety.ts';
import { trace } from '@opentelemetry/api';
import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
} from '@opentelemetry/instrumentation';
import type { BedrockConfig, BedrockOptions } from './options.ts';
import { type BedrockExports, isWatched, watchSend } from './watched-client.ts';

const NAME = '@ai-cost-profiler/bedrock';
const VERSION = '0.1.0';
/** Of the SDK, those that are watched: others are left alone. */
export const BEDROCK_VERSIONS = ['>=3.422.0 <4'];

/**
 * Spans of the calls of @aws-sdk/client-bedrock-runtime 3: register it before the SDK is loaded
 * (`registerInstrumentations`, `NodeSDK({ instrumentations })`).
 */
export class BedrockInstrumentation extends InstrumentationBase<BedrockConfig> {
  constructor(config: BedrockConfig = {}) {
    super(NAME, VERSION, config);
  }

  protected override init(): InstrumentationNodeModuleDefinition {
    return new InstrumentationNodeModuleDefinition(
      '@aws-sdk/client-bedrock-runtime',
      BEDROCK_VERSIONS,
      (exports: BedrockExports) => this.patch(exports),
      (exports: BedrockExports) => this.unpatch(exports),
    );
  }

  private patch(exports: BedrockExports): BedrockExports {
    const watching = {
      tracer: () => this.tracer,
      content: followedContent(() => this.getConfig()),
    };
    safely('watching @aws-sdk/client-bedrock-runtime', () => {
      const { prototype } = exports.BedrockRuntimeClient;
      if (isWatched(prototype.send)) return;
      this._wrap(prototype, 'send', (original) => watchSend(original, exports, watching));
    });
    return exports;
  }

  private unpatch(exports: BedrockExports): void {
    this._unwrap(exports.BedrockRuntimeClient.prototype, 'send');
  }
}

/**
 * Watches an SDK that is bundled, or loaded already: `instrumentBedrock(bedrock)` with what
 * `import * as bedrock from '@aws-sdk/client-bedrock-runtime'` gives. Spans go to the global tracer provider. Returns
 * what takes it back.
 */
export function instrumentBedrock(
  exports: BedrockExports,
  options: BedrockOptions = {},
): () => void {
  const undo = safely('watching @aws-sdk/client-bedrock-runtime', () => {
    const { prototype } = exports.BedrockRuntimeClient;
    const original = prototype.send;
    if (isWatched(original)) return undefined;
    const tracer = () => trace.getTracer(NAME, VERSION);
    const content = followedContent(() => options);
    prototype.send = watchSend(original, exports, { tracer, content });
    return () => {
      prototype.send = original;
    };
  });
  return undo ?? (() => undefined);
}
