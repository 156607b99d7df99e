/**
 * Runs of LangSmith: its bulk export, or what its API lists, as JSON lines. Written as its OpenTelemetry exporter
 * writes spans. Every run is a span, since traces need them; runs of type `llm` and `embedding` are calls. Source:
 * docs.langchain.com/langsmith/run-data-format.
 */
import type { AttributeColumn, ImportSource } from '../source.ts';
import { dropZeroUsage, OTEL_COUNTS } from '../zero-usage.ts';

const COUNTS = {
  ...OTEL_COUNTS,
  'gen_ai.usage.input_token_details': /./,
  'gen_ai.usage.output_token_details': /./,
};

const text = (attribute: string, ...names: string[]): AttributeColumn => ({
  names,
  kind: 'text',
  attribute,
  sentence: '',
});

export const langsmith: ImportSource = {
  name: 'langsmith',
  sentence: 'Runs of LangSmith, as its bulk export or its API gives them.',
  instants: 'utc',
  isClosed: false,
  scope: 'langsmith',
  columns: [
    { names: ['start_time'], place: 'start', required: true, sentence: '' },
    { names: ['end_time'], place: 'end', sentence: '' },
    { names: ['id'], place: 'id', sentence: '' },
    { names: ['trace_id'], place: 'trace', sentence: '' },
    { names: ['parent_run_id'], place: 'parent', sentence: '' },
    { names: ['name'], place: 'name', sentence: '' },
    { names: ['error'], place: 'failure', sentence: '' },
    {
      names: ['run_type'],
      kind: 'text',
      attribute: 'langsmith.span.kind',
      sentence: '`llm` and `embedding` are calls.',
    },
    text('langsmith.metadata.ls_provider', 'extra.metadata.ls_provider'),
    text('gen_ai.request.model', 'extra.metadata.ls_model_name', 'extra.invocation_params.model'),
    {
      names: ['prompt_tokens'],
      kind: 'count',
      attribute: 'gen_ai.usage.input_tokens',
      sentence: '',
    },
    {
      names: ['completion_tokens'],
      kind: 'count',
      attribute: 'gen_ai.usage.output_tokens',
      sentence: '',
    },
    {
      names: ['prompt_token_details'],
      kind: 'object',
      attribute: 'gen_ai.usage.input_token_details',
      sentence: 'Which of the tokens were cached.',
    },
    {
      names: ['completion_token_details'],
      kind: 'object',
      attribute: 'gen_ai.usage.output_token_details',
      sentence: '',
    },
    text('langsmith.metadata.user_id', 'extra.metadata.user_id'),
    text('langsmith.metadata.session_id', 'extra.metadata.session_id', 'extra.metadata.thread_id'),
    { names: ['tags'], kind: 'labels', attribute: 'langsmith.span.tags', sentence: '' },
  ],
  finish: (attributes) => {
    dropZeroUsage(attributes, COUNTS);
    return undefined;
  },
};
