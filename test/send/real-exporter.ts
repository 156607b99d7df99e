/** OpenTelemetry's own exporter, told nothing but the variables of a page: it shows whether they mean what we say. */
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { SimpleSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import type { StartedCollector } from '../start-collector.ts';
import { makeKey } from './delivery.ts';
import { readShell, type Variables } from './environment-sender.ts';
import type { SendPage } from './send-page.ts';
import { withKey } from './sender.ts';

const EXPORTERS: Readonly<Record<string, new () => SpanExporter>> = {
  grpc: GrpcExporter,
  'http/json': JsonExporter,
  'http/protobuf': ProtobufExporter,
};
const PREFIX = 'OTEL_EXPORTER_OTLP_';

/** 1,000 tokens in and 500 out: $0.0075. */
const CALL = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o-2024-08-06',
  'gen_ai.usage.input_tokens': 1000,
  'gen_ai.usage.output_tokens': 500,
};

interface RealExport {
  readonly title: string;
  readonly tenant: string;
  readonly key: string;
  readonly variables: Variables;
}

/** Each set of variables on a page that an SDK's exporter reads by itself. */
export function exportsOf(pages: readonly SendPage[]): RealExport[] {
  return pages.flatMap(({ name, blocks }) =>
    blocks
      .filter(({ language }) => language === 'sh')
      .map(({ text }) => readShell(text))
      .filter((variables) => variables[`${PREFIX}ENDPOINT`] !== undefined)
      .map((variables, index) => ({
        title: `${name} (${index + 1})`,
        tenant: `exporter-${name}-${index}`,
        key: makeKey(),
        variables,
      })),
  );
}

/** Exports one call, with the collector in place of the page's. */
export async function exportCall(
  { variables, key }: RealExport,
  { url, grpcTarget }: Pick<StartedCollector, 'url' | 'grpcTarget'>,
): Promise<void> {
  const Exporter = EXPORTERS[variables[`${PREFIX}PROTOCOL`] ?? '']!;
  const isGrpc = Exporter === GrpcExporter;
  const placed = {
    ...Object.fromEntries(Object.entries(variables).filter(([name]) => name.startsWith(PREFIX))),
    [`${PREFIX}ENDPOINT`]: isGrpc ? `http://${grpcTarget}` : url,
    [`${PREFIX}HEADERS`]: withKey(variables[`${PREFIX}HEADERS`] ?? '', key),
  };
  const exporter = inEnvironment(placed, () => new Exporter());
  const tracing = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  tracing.getTracer('send').startSpan('chat', { attributes: CALL }).end();
  await tracing.forceFlush();
  await tracing.shutdown();
}

/** Exporters read the environment once, when they are made. */
function inEnvironment<T>(variables: Variables, make: () => T): T {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return make();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, before);
  }
}
