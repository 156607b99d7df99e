// The part of the OpenAPI document that is not a question about costs: OTLP and health.
// Invariant: problems are taken from their table, so that codes and sentences cannot differ from what is sent.
import { z } from 'zod';
import { PROBLEMS, type ProblemCode } from '../problems.ts';
import { HEALTH_ANSWER, READINESS_ANSWER } from '../readiness.ts';

export type Json = { readonly [key: string]: unknown };

/** What a request with a key may use; each is enough alone. */
export const ANY_KEY: readonly Json[] = [{ apiKey: [] }, { bearer: [] }, { basic: [] }];

/** Problems by HTTP status, as responses. */
export function problemResponses(codes: readonly ProblemCode[]): Json {
  const byStatus = new Map<number, string[]>();
  for (const code of codes) {
    const { status, sentence } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${code}\`: ${sentence}`]);
  }
  const schema = { $ref: '#/components/schemas/Problem' };
  return Object.fromEntries(
    [...byStatus].map(([status, lines]) => [
      String(status),
      { description: lines.join('\n\n'), content: { 'application/problem+json': { schema } } },
    ]),
  );
}

/** A Zod schema as the document has it. */
export function toSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  return rest;
}

/** A successful answer in JSON. */
export function answer(description: string, schema: Json): Json {
  return { description, content: { 'application/json': { schema } } };
}

/** A body in JSON: who sends none is refused. */
export const jsonBodyOf = (schema: z.ZodType): Json => ({
  requestBody: {
    required: true,
    content: { 'application/json': { schema: toSchema(schema, 'input') } },
  },
});

function openOperation(operationId: string, summary: string, responses: Json): Json {
  return { get: { operationId, summary, tags: ['health'], security: [], responses } };
}

const READINESS = toSchema(READINESS_ANSWER, 'output');

const HEALTH_PATHS: Json = {
  '/healthz': openOperation('getHealth', 'Whether the process lives.', {
    200: answer('It does.', toSchema(HEALTH_ANSWER, 'output')),
  }),
  '/readyz': {
    get: {
      operationId: 'getReadiness',
      summary: 'Whether spans can be accepted and kept, part by part.',
      tags: ['health'],
      security: [],
      parameters: [
        {
          name: 'for',
          in: 'query',
          required: false,
          description: '`query` asks whether questions can be answered too.',
          schema: { type: 'string', enum: ['ingest', 'query'], default: 'ingest' },
        },
      ],
      responses: {
        200: answer('Ready.', READINESS),
        503: answer('Not ready; the body says which part.', READINESS),
      },
    },
  },
  '/metrics': openOperation('getMetrics', 'Metrics of the process.', {
    200: {
      description: 'Prometheus text format.',
      content: { 'text/plain': { schema: { type: 'string' } } },
    },
  }),
};

const OTLP_CONTENT: Json = {
  'application/x-protobuf': { schema: { type: 'string', format: 'binary' } },
  'application/json': { schema: { type: 'object' } },
};

/** One signal's path; the request message is OTLP's. */
function otlpPath(
  signal: string,
  message: string,
  { summary, kept }: { summary: string; kept: string },
): Json {
  return {
    post: {
      operationId: `export${signal[0]!.toUpperCase()}${signal.slice(1)}`,
      summary,
      tags: ['otlp'],
      security: ANY_KEY,
      requestBody: {
        description: `${message}, plain, gzip, deflate or zstd.`,
        content: OTLP_CONTENT,
      },
      responses: {
        200: { description: kept, content: OTLP_CONTENT },
        default: { description: 'A google.rpc.Status in the encoding of the request.' },
      },
    },
  };
}

const OTLP_PATHS: Json = {
  '/v1/traces': otlpPath('traces', 'ExportTraceServiceRequest', {
    summary: 'OTLP/HTTP traces.',
    kept: 'Kept durably; `partial_success` says what was refused.',
  }),
  '/v1/logs': otlpPath('logs', 'ExportLogsServiceRequest', {
    summary: 'OTLP/HTTP logs: events of LLM calls are kept, all other records are dropped.',
    kept: 'Events of LLM calls are kept durably; `partial_success` says what was refused.',
  }),
  '/v1/metrics': otlpPath('metrics', 'ExportMetricsServiceRequest', {
    summary: 'OTLP/HTTP metrics: token and cost counters become control totals, never charges.',
    kept: 'Accepted; control totals are not durable until they are inserted, seconds later.',
  }),
};

/** Paths beside the questions about costs. */
export const FURTHER_PATHS: Json = { ...OTLP_PATHS, ...HEALTH_PATHS };
