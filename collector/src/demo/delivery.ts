/**
 * What became of the spans that were handed to the exporter. An OpenTelemetry SDK only logs a failed export or a
 * partial success; here each is counted, so that nothing is lost in silence.
 */
import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { DemoError } from './demo-error.ts';

type ExportResult = Parameters<Parameters<SpanExporter['export']>[1]>[0];

export class Delivery {
  /** Spans of requests that were answered with success. */
  acknowledged = 0;
  private readonly faults = new Set<string>();
  private readonly onAcknowledged: (spans: number) => void;

  constructor(onAcknowledged: (spans: number) => void) {
    this.onAcknowledged = onAcknowledged;
  }

  /**
   * The exporter, with its results counted and one request after the other, as OpenTelemetry's specification asks: on
   * shutdown the SDK exports all that waits at once, and an agent that arrived before its calls would be billed for
   * them until the trace is settled.
   */
  watch(exporter: SpanExporter): SpanExporter {
    let before: Promise<unknown> = Promise.resolve();
    const exportNow = (spans: ReadableSpan[]): Promise<ExportResult> =>
      new Promise((resolve) => exporter.export(spans, resolve));
    return {
      export: (spans: ReadableSpan[], done: (result: ExportResult) => void) => {
        const exported = before.then(() => exportNow(spans));
        before = exported.then((result) => {
          this.count(spans.length, result);
          done(result);
        });
      },
      shutdown: () => exporter.shutdown(),
      forceFlush: async () => exporter.forceFlush?.(),
    };
  }

  /** Hears what the SDK says about itself until the returned function is called; a partial success comes this way. */
  listen(): () => void {
    const ignore = (): void => undefined;
    const hear = (message: string, ...more: unknown[]): void => {
      this.faults.add([message, ...more.map(String)].join(' '));
    };
    const logger: DiagLogger = {
      error: hear,
      warn: hear,
      info: ignore,
      debug: ignore,
      verbose: ignore,
    };
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    return () => diag.disable();
  }

  /** @throws DemoError when a span was refused, or never answered */
  check(sent: number, url: string): void {
    const [fault] = this.faults;
    if (fault === undefined && this.acknowledged === sent) return;
    const why = fault ?? 'the exporter did not say why';
    throw new DemoError(
      `${url} did not take all spans: ${this.acknowledged} of ${sent} were acknowledged (${why}). Mend that and run the demo again: each run is new traffic.`,
    );
  }

  private count(spans: number, { code, error }: ExportResult): void {
    if (code === 0) {
      this.acknowledged += spans;
      this.onAcknowledged(spans);
    } else {
      this.faults.add(explain(error));
    }
  }
}

function explain(error: Error | undefined): string {
  const status = error !== undefined && 'code' in error ? error.code : undefined;
  if (status === 401) return 'HTTP 401: the key is not known there';
  if (status === 403) return 'HTTP 403: the key lacks the scope ingest';
  const text = error?.message ?? 'export failed';
  if (text.includes('retryable')) return 'it was not reached, or too busy, each time it was tried';
  return typeof status === 'number' ? `HTTP ${status}: ${text}` : text;
}
