/** Every variable that this package reads itself. The rest of `OTEL_*` is read by OpenTelemetry's packages. */
import type { ContentOptions } from '@ai-cost-profiler/core/content.ts';

/** What the environment asks for. */
export interface Environment {
  /** `OTEL_SDK_DISABLED`: nothing is watched, nothing is sent. */
  readonly isDisabled: boolean;
  /** `OTEL_TRACES_EXPORTER`, as listed: `otlp`, `console`, `none`. Default: `otlp`. */
  readonly exporters: readonly string[];
  /** `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`, `OTEL_EXPORTER_OTLP_PROTOCOL`. Default: `http/protobuf`. */
  readonly protocol: string;
  /** Where gRPC goes, as its exporter reads it. */
  readonly grpcUrl: string;
  /** `OTEL_BSP_MAX_QUEUE_SIZE`: spans that wait at most. Default: 2048, as OpenTelemetry specifies. */
  readonly queueSpansMax: number;
  /** `AICOST_QUEUE_BYTES_MAX`: about so many bytes of spans wait at most. Default: 64 MB. */
  readonly queueBytesMax: number;
  /** `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`: spans of one request. Default: 512. */
  readonly batchSpansMax: number;
  /** `OTEL_BSP_SCHEDULE_DELAY`, in milliseconds. Default: 5000. */
  readonly delayMs: number;
  /** `AICOST_EXIT_FLUSH_TIMEOUT`: how long the end may wait, in milliseconds. Default: 2000; 0: not at all. */
  readonly exitFlushMs: number;
  /** `OTEL_NODE_DISABLED_INSTRUMENTATIONS`: names that are left out. */
  readonly disabledInstrumentations: readonly string[];
  /** `OTEL_NODE_ENABLED_INSTRUMENTATIONS`: only these; undefined: all. */
  readonly enabledInstrumentations: readonly string[] | undefined;
  /**
   * `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`: whether texts go on spans. Default: false. Where it is not
   * true and there is a key in `AICOST_FINGERPRINT_KEY`, fingerprints of prompts do.
   */
  readonly content: ContentOptions;
  /** `OTEL_EXPORTER_OTLP_*CERTIFICATE`, `…_CLIENT_KEY`: whether TLS needs files. */
  readonly isTlsConfigured: boolean;
  /** `OTEL_METRICS_EXPORTER`, `OTEL_LOGS_EXPORTER`: whether anybody asked for these signals. */
  readonly isMetricsAsked: boolean;
  readonly isLogsAsked: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads it. A value that makes no sense counts as none, as OpenTelemetry specifies. */
export function readEnvironment(variables: Variables = process.env): Environment {
  const text = (name: string): string | undefined => variables[name]?.trim() || undefined;
  const list = (name: string): string[] | undefined =>
    text(name)
      ?.split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
  const isTrue = (name: string): boolean => text(name)?.toLowerCase() === 'true';
  const count = (name: string, fallback: number, least = 1): number => {
    const value = Number(text(name) ?? Number.NaN);
    return Number.isInteger(value) && value >= least ? value : fallback;
  };
  const queueSpansMax = count('OTEL_BSP_MAX_QUEUE_SIZE', 2048);
  return {
    isDisabled: isTrue('OTEL_SDK_DISABLED'),
    exporters: list('OTEL_TRACES_EXPORTER') ?? ['otlp'],
    protocol:
      text('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ??
      text('OTEL_EXPORTER_OTLP_PROTOCOL') ??
      'http/protobuf',
    grpcUrl:
      text('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ??
      text('OTEL_EXPORTER_OTLP_ENDPOINT') ??
      'http://localhost:4317',
    queueSpansMax,
    queueBytesMax: count('AICOST_QUEUE_BYTES_MAX', 64_000_000),
    batchSpansMax: Math.min(count('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512), queueSpansMax),
    delayMs: count('OTEL_BSP_SCHEDULE_DELAY', 5000),
    exitFlushMs: count('AICOST_EXIT_FLUSH_TIMEOUT', 2000, 0),
    disabledInstrumentations: list('OTEL_NODE_DISABLED_INSTRUMENTATIONS') ?? [],
    enabledInstrumentations: list('OTEL_NODE_ENABLED_INSTRUMENTATIONS'),
    content: contentOptions(
      isTrue('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'),
      text('AICOST_FINGERPRINT_KEY'),
    ),
    isTlsConfigured: Object.keys(variables).some((name) =>
      /^OTEL_EXPORTER_OTLP_(TRACES_)?(CLIENT_)?(CERTIFICATE|KEY)$/.test(name),
    ),
    isMetricsAsked: isSignalAsked(list('OTEL_METRICS_EXPORTER')),
    isLogsAsked: isSignalAsked(list('OTEL_LOGS_EXPORTER')),
  };
}

/** `none` asks for nothing, whatever stands beside it. */
const isSignalAsked = (exporters: readonly string[] = []): boolean =>
  exporters.length > 0 && !exporters.includes('none');

function contentOptions(isCaptured: boolean, fingerprintKey: string | undefined): ContentOptions {
  if (isCaptured) return { content: 'on' };
  return fingerprintKey === undefined
    ? { content: 'off' }
    : { content: 'fingerprint', fingerprintKey };
}

/** For a process of ours: the same environment, but nothing is preloaded into it. */
export function environmentOfChild(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _preloads, ...rest } = process.env;
  return rest;
}
