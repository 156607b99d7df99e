/** What a configuration of the OpenTelemetry Collector may say: its components and their settings, as of 0.161. */
import { parse } from 'yaml';
import { z } from 'zod';

const CORE = 'github.com/open-telemetry/opentelemetry-collector';
const CONTRIB = 'github.com/open-telemetry/opentelemetry-collector-contrib';

interface Component {
  readonly source: string;
  /** Paths below the component; a `*` stands for any name. */
  readonly settings: readonly string[];
}

const COMPONENTS: Readonly<Record<string, Component>> = {
  otlp: {
    source: `${CORE} receiver/otlpreceiver/config.md`,
    settings: ['protocols.http.endpoint', 'protocols.grpc.endpoint'],
  },
  otlp_http: {
    source: `${CORE} exporter/otlphttpexporter/README.md, exporter/exporterhelper/README.md`,
    settings: [
      'endpoint',
      'headers.*',
      'compression',
      'retry_on_failure.max_elapsed_time',
      'sending_queue.storage',
      'sending_queue.sizer',
      'sending_queue.queue_size',
      'sending_queue.block_on_overflow',
      'sending_queue.batch.flush_timeout',
      'sending_queue.batch.sizer',
      'sending_queue.batch.min_size',
      'sending_queue.batch.max_size',
    ],
  },
  file_storage: {
    source: `${CONTRIB} extension/storage/filestorage/README.md`,
    settings: ['directory', 'create_directory', 'fsync'],
  },
  tail_sampling: {
    source: `${CONTRIB} processor/tailsamplingprocessor/README.md`,
    settings: [
      'decision_wait',
      'policies.*.name',
      'policies.*.type',
      'policies.*.status_code.status_codes.*',
      'policies.*.probabilistic.sampling_percentage',
    ],
  },
  probabilistic_sampler: {
    source: `${CONTRIB} processor/probabilisticsamplerprocessor/README.md`,
    settings: ['mode', 'sampling_percentage'],
  },
};

const componentsSchema = z.record(z.string(), z.unknown()).default({});
const configurationSchema = z.strictObject({
  receivers: componentsSchema,
  processors: componentsSchema,
  exporters: componentsSchema,
  extensions: componentsSchema,
  service: z.strictObject({
    extensions: z.array(z.string()).default([]),
    pipelines: z.record(
      z.string().regex(/^(traces|logs|metrics)(\/[a-z]+)?$/),
      z.strictObject({
        receivers: z.array(z.string()).min(1),
        processors: z.array(z.string()).default([]),
        exporters: z.array(z.string()).min(1),
      }),
    ),
  }),
});
type Configuration = z.infer<typeof configurationSchema>;

/** What is wrong with it, in sentences; none for a configuration that holds. */
export function faultsOf(text: string): string[] {
  const configuration = configurationSchema.parse(parse(text));
  return [...unknownSettings(configuration), ...looseEnds(configuration)];
}

function unknownSettings({ service: _, ...kinds }: Configuration): string[] {
  return Object.values(kinds).flatMap((components) =>
    Object.entries(components).flatMap(([name, settings]) => {
      const known = COMPONENTS[name.split('/')[0]!];
      if (known === undefined) return [`${name} is no component of ours`];
      return pathsOf(settings)
        .filter((path) => !known.settings.some((one) => matches(one, path)))
        .map((path) => `${name} has no setting ${path}: ${known.source}`);
    }),
  );
}

/** Every value's path, such as `protocols.http.endpoint`. */
function pathsOf(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return [path.join('.')];
  return Object.entries(value).flatMap(([key, below]) =>
    // A name may hold dots: it is one piece.
    pathsOf(below, [...path, key.replaceAll('.', '_')]),
  );
}

function matches(pattern: string, path: string): boolean {
  const [expected, given] = [pattern.split('.'), path.split('.')];
  return (
    expected.length === given.length &&
    expected.every((piece, index) => piece === '*' || piece === given[index])
  );
}

/** Components that a pipeline names and nothing declares, and declared ones that nothing uses. */
function looseEnds({ service, ...declared }: Configuration): string[] {
  const pipelines = Object.values(service.pipelines);
  const storages = Object.values(declared.exporters).flatMap((one) =>
    [...JSON.stringify(one).matchAll(/"storage":"([^"]+)"/g)].map(([, name]) => name!),
  );
  const used = {
    receivers: pipelines.flatMap(({ receivers }) => receivers),
    processors: pipelines.flatMap(({ processors }) => processors),
    exporters: pipelines.flatMap(({ exporters }) => exporters),
    extensions: [...service.extensions, ...storages],
  };
  return (['receivers', 'processors', 'exporters', 'extensions'] as const).flatMap((kind) => {
    const names = Object.keys(declared[kind]);
    return [
      ...used[kind].filter((name) => !names.includes(name)).map((name) => `no ${kind}: ${name}`),
      ...names.filter((name) => !used[kind].includes(name)).map((name) => `${name} is unused`),
    ];
  });
}
