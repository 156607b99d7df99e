/** The neutral schema: what anybody can write whose history comes from elsewhere. Its columns are our own words. */
import { COUNTED_UNITS, MEASURED_UNITS } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { AttributeColumn, ImportSource } from '../source.ts';
import { finishUsage, USAGE_COLUMNS } from '../usage-columns.ts';

const text = (attribute: string, names: readonly string[], sentence = ''): AttributeColumn => ({
  names,
  kind: 'text',
  attribute,
  sentence,
});

/** `x_searches` has no attribute: no emitter of ours tells it. */
const UNITS: readonly AttributeColumn[] = [
  ...COUNTED_UNITS.filter((unit) => unit !== 'x_searches').map((unit) => ({ unit, kind: 'count' })),
  ...MEASURED_UNITS.map((unit) => ({ unit, kind: 'decimal' })),
].map(
  ({ unit, kind }): AttributeColumn => ({
    names: [unit],
    kind: kind === 'count' ? 'count' : 'decimal',
    attribute: `aicost.usage.${unit}`,
    sentence: 'Counted or measured beside the tokens.',
  }),
);

export const aicost: ImportSource = {
  name: 'aicost',
  sentence: 'The neutral schema, for the predecessor’s events and whatever else can be written so.',
  instants: 'zoned',
  isClosed: true,
  tagPrefix: 'tags.',
  scope: '@ai-cost-profiler/import',
  columns: [
    {
      names: ['timestamp', 'time', 'start_time', 'created_at'],
      place: 'start',
      required: true,
      sentence: 'When the call began: what its price is looked up by.',
    },
    { names: ['end_time'], place: 'end', sentence: 'When it ended.' },
    {
      names: ['duration_ms', 'latency_ms'],
      place: 'duration_ms',
      sentence: 'How long it took, where no end is told.',
    },
    {
      names: ['tenant', 'project', 'project_id'],
      place: 'tenant',
      sentence: 'Whose call it was, where `--tenant` is not given; without either, `default`.',
    },
    {
      names: ['id', 'event_id'],
      place: 'id',
      sentence: 'The row’s own id: the same id is the same call. Without one the row is its id.',
    },
    { names: ['trace_id'], place: 'trace', sentence: '' },
    { names: ['span_id'], place: 'span', sentence: '' },
    { names: ['parent_span_id'], place: 'parent', sentence: '' },
    { names: ['service'], place: 'service', sentence: '' },
    { names: ['environment'], place: 'environment', sentence: '' },
    { names: ['name'], place: 'name', sentence: 'The span’s name.' },
    {
      names: ['error'],
      place: 'failure',
      sentence: 'Why the call failed; empty, `none` or `false` where it did not.',
    },
    {
      names: ['status'],
      place: 'status',
      sentence:
        'Anything but `ok`, `success` or 2xx is a failure; 4xx and 5xx are read as of HTTP.',
    },
    text('gen_ai.provider.name', ['provider'], 'Who bills, such as `openai`.'),
    text('gen_ai.response.model', ['model'], 'The model that answered; without one, unpriced.'),
    text('gen_ai.request.model', ['request_model'], 'The model that was asked for.'),
    text('gen_ai.response.id', ['response_id']),
    text(
      'gen_ai.operation.name',
      ['operation'],
      'Such as `chat` or `embeddings`; `chat` if not told.',
    ),
    text('user.id', ['user', 'user_id']),
    text('session.id', ['session', 'session_id']),
    text('aicost.feature', ['feature']),
    text('gen_ai.agent.name', ['agent']),
    text('gen_ai.prompt.name', ['prompt']),
    text('gen_ai.prompt.version', ['prompt_version']),
    text('gen_ai.tool.name', ['tool']),
    {
      names: ['cost_usd', 'reported_cost_usd', 'cost'],
      kind: 'decimal',
      attribute: 'aicost.cost_usd',
      sentence:
        'What was said to be paid: kept beside the computed cost, and the cost where none can be computed.',
    },
    text('aicost.service_tier', ['service_tier']),
    { names: ['batch'], kind: 'flag', attribute: 'aicost.batch', sentence: '' },
    text('aicost.speed', ['speed']),
    text('aicost.region', ['region']),
    text('aicost.inference_geo', ['inference_geo']),
    ...USAGE_COLUMNS,
    ...UNITS,
  ],
  finish: (attributes) => {
    if (!attributes.has('gen_ai.operation.name')) {
      attributes.set('gen_ai.operation.name', { stringValue: 'chat' });
    }
    return finishUsage(attributes);
  },
};
