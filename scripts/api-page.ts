// docs/api.md, from the OpenAPI document and from the examples that a test asks of a real collector.
import examples from '../test/api/recorded-examples.json' with { type: 'json' };
import { type ApiOperation, apiOperations, successOf } from './api-operations.ts';
import { bodyMembers } from './body-members.ts';
import { code, NOTICE, table } from './markdown.ts';

const LINES_MAX = 60;

interface Example {
  readonly method: string;
  readonly address: string;
  readonly body?: unknown;
  readonly status: number;
  readonly type: string;
  readonly answer: unknown;
}
const EXAMPLES: Readonly<Record<string, Example>> = examples;

type ParameterSchema = ApiOperation['parameters'][number]['schema'];

function kindOf({ enum: choices, type, default: preset }: ParameterSchema): string {
  const kind = choices === undefined ? String(type ?? 'any') : choices.map(String).join(', ');
  return preset === undefined ? kind : `${kind}; ${code(String(preset))} if not given`;
}

function parametersTable({ parameters }: ApiOperation): string[] {
  if (parameters.length === 0) return [];
  const rows = parameters.map(({ name, in: place, required, description, schema }) => [
    code(name),
    `${place}${required ? ', required' : ''}`,
    kindOf(schema),
    description ?? '–',
  ]);
  return ['', table(['Parameter', 'Where', 'What', 'Meaning'], rows)];
}

function bodyTable({ requestBody }: ApiOperation): string[] {
  const schema = requestBody?.content['application/json']?.schema;
  const members = schema === undefined ? [] : bodyMembers(schema);
  if (members.length === 0) return [];
  const rows = members.map(({ name, required, type, preset, meaning }) => [
    code(name),
    `${code(type)}${required ? ', required' : ''}${preset === undefined ? '' : `; ${code(preset)} if not given`}`,
    meaning,
  ]);
  return ['', table(['Member of the body', 'What', 'Meaning'], rows)];
}

/** Pretty, and cut where nobody reads on. */
function shown(value: unknown): string {
  const lines = JSON.stringify(value, null, 2).split('\n');
  if (lines.length <= LINES_MAX) return lines.join('\n');
  return [...lines.slice(0, LINES_MAX), `… ${lines.length - LINES_MAX} more lines`].join('\n');
}

function answerText({ type, answer }: Example): string {
  if (Array.isArray(answer)) return answer.map((line) => JSON.stringify(line)).join('\n');
  return answer === null ? `(${type})` : shown(answer);
}

function exampleOf({ operationId }: ApiOperation): string[] {
  const example = EXAMPLES[operationId];
  if (example === undefined) return [];
  const { method, address, body, status } = example;
  const request = [`${method} ${address}`, ...(body === undefined ? [] : ['', shown(body)])];
  return [
    '',
    '```http',
    ...request,
    '```',
    '',
    '```',
    String(status),
    '',
    answerText(example),
    '```',
  ];
}

function problemsOf({ responses }: ApiOperation): string[] {
  const codes = Object.entries(responses)
    .filter(([status]) => !/^2/.test(status))
    .flatMap(([status, { description }]) =>
      [...description.matchAll(/^`(\w+)`: /gm)].map(([, name]) => `${status} ${code(name ?? '')}`),
    );
  return codes.length === 0 ? [] : ['', `Problems: ${codes.join(', ')}.`];
}

function section(operation: ApiOperation): string[] {
  const { method, path, summary, operationId, requestBody } = operation;
  const { status, description } = successOf(operation);
  const body = requestBody?.description;
  return [
    `## ${method} ${path}`,
    '',
    `${summary} In the client: ${code(operationId)}.`,
    ...(body === undefined ? [] : ['', `Body: ${body}`]),
    '',
    `${status}: ${description}`,
    ...parametersTable(operation),
    ...bodyTable(operation),
    ...exampleOf(operation),
    ...problemsOf(operation),
    '',
  ];
}

/** The text of the page. */
export function apiPage(): string {
  return [
    NOTICE,
    '# The API',
    '',
    'Made from the document that every collector serves at `/openapi.json` (OpenAPI 3.1). Every example is asked of a',
    'real collector by a test; the clock, ids and keys in them stand for others. A key is sent as `x-api-key`,',
    '`Authorization: Bearer …`, or the password of Basic authentication; a request needs the scope that its summary or',
    '[SECURITY.md](../SECURITY.md) names. Errors are [problems](reference/problems.md); what a key and a query may use is',
    'among the [limits](reference/limits.md).',
    '',
    'Answers to questions carry an `ETag`: who sends it back as `If-None-Match` is answered 304 where nothing changed.',
    'Only an answer about an absolute range that is past and wholly settled may be used again unasked, for a minute, by the',
    'client that asked. `RateLimit-Policy` and `RateLimit` tell what is left of the rate of the key',
    '(draft-ietf-httpapi-ratelimit-headers-10): `q` requests in `w` seconds; `r` are left, all of them again in `t` seconds.',
    '',
    'A parameter that an operation does not have is 400, and so is a body where none is taken. A range may be as long as',
    'times go (1970 to 2105): only a series of too many intervals is 400. How much a question may read is bounded by its',
    '[budget](reference/limits.md), whatever its range: beyond it the answer is 422 `query_over_budget`, which says what to',
    'narrow. An export is read as a stream, however long.',
    '',
    'For TypeScript there is a client whose types are made from the same document:',
    '',
    '```ts',
    "import { createClient } from '@ai-cost-profiler/queries/client/client.ts';",
    '',
    "const client = createClient({ url: 'http://127.0.0.1:4318', key });",
    "const { rows, totals } = await client.call('getCostBreakdown', { from: 'now-7d', by: 'model' });",
    '```',
    '',
    ...apiOperations().flatMap(section),
  ].join('\n');
}
