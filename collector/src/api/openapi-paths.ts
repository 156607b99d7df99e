// The part of the OpenAPI document that is not a question about costs: OTLP, health, keys.
// Invariant: problems are taken from their table, so that codes and sentences cannot differ from what is sent.
import { z } from 'zod';
import { SCOPES } from '../access.ts';
import { PROBLEMS, type ProblemCode } from '../problems.ts';

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
export function answer(description: string, schema: Json = { type: 'object' }): Json {
  return { description, content: { 'application/json': { schema } } };
}

function keyOperation(operationId: string, summary: string, parts: Json, success: Json): Json {
  const codes: ProblemCode[] = ['parameter_invalid', 'key_missing', 'key_unknown', 'scope_missing'];
  return {
    operationId,
    summary: `${summary} Scope admin.`,
    tags: ['admin'],
    security: ANY_KEY,
    ...parts,
    responses: {
      ...success,
      ...problemResponses([...codes, 'not_found', 'key_retired', 'sql_users_unavailable']),
    },
  };
}

function jsonBody(properties: Json, required: readonly string[]): Json {
  const schema = { type: 'object', additionalProperties: false, properties, required };
  return { requestBody: { content: { 'application/json': { schema } } } };
}

const KEY_ID = {
  parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
};
const SCOPE_LIST = { type: 'array', items: { type: 'string', enum: SCOPES }, minItems: 1 };
const MADE = { 201: answer('The key, shown this once.') };

const KEY_PATHS: Json = {
  '/api/v1/admin/keys': {
    get: keyOperation('listKeys', 'Keys, without their secrets.', {}, { 200: answer('Keys.') }),
    post: keyOperation(
      'createKey',
      'Make a key.',
      jsonBody(
        {
          tenant: { type: 'string' },
          scopes: SCOPE_LIST,
          name: { type: ['string', 'null'] },
          sql: {
            type: 'boolean',
            description:
              'Make a read-only ClickHouse user of the tenant too, whose password the key is (ClickHouse servers only).',
          },
        },
        ['scopes'],
      ),
      MADE,
    ),
  },
  '/api/v1/admin/keys/{id}/rotate': {
    post: keyOperation(
      'rotateKey',
      'Make the successor of a key.',
      {
        ...KEY_ID,
        ...jsonBody(
          { overlap: { type: 'string', description: 'How long both are valid, such as 24h.' } },
          [],
        ),
      },
      MADE,
    ),
  },
  '/api/v1/admin/keys/{id}': {
    delete: keyOperation('revokeKey', 'Revoke a key.', KEY_ID, {
      200: answer('The key, revoked.'),
    }),
  },
};

function openOperation(operationId: string, summary: string, responses: Json): Json {
  return { get: { operationId, summary, tags: ['health'], security: [], responses } };
}

const HEALTH_PATHS: Json = {
  '/healthz': openOperation('getHealth', 'Whether the process lives.', { 200: answer('It does.') }),
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
      responses: { 200: answer('Ready.'), 503: answer('Not ready; the body says which part.') },
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
export const FURTHER_PATHS: Json = { ...OTLP_PATHS, ...KEY_PATHS, ...HEALTH_PATHS };
