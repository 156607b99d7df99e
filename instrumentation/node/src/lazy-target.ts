/**
 * The target of spans, loaded when the first ones are sent: what writes OTLP is a third of all that is loaded, and a
 * start of the application without an LLM call need not pay for it.
 */
import { createRequire } from 'node:module';
import type { OtlpTarget } from './otlp-target.ts';

type TargetModule = typeof import('./otlp-target.ts');

export class LazyTarget {
  private readonly protocol: string;
  private loaded: OtlpTarget | undefined;
  private toldHeaders: Record<string, string> | undefined;

  constructor(protocol: string) {
    this.protocol = protocol;
  }

  async load(): Promise<OtlpTarget> {
    if (this.loaded === undefined) {
      const { otlpTarget } = await import('./otlp-target.ts');
      this.loaded = otlpTarget(this.protocol);
      this.toldHeaders = { ...(await this.loaded.headers()) };
    }
    return this.loaded;
  }

  /** When nothing asynchronous runs any more. */
  loadNow(): OtlpTarget {
    const load = createRequire(import.meta.url);
    this.loaded ??= (load('./otlp-target.ts') as TargetModule).otlpTarget(this.protocol);
    return this.loaded;
  }

  /** Undefined until it was loaded once. */
  get headers(): Readonly<Record<string, string>> | undefined {
    return this.toldHeaders;
  }
}
