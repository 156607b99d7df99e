/**
 * Observations of Langfuse: the export of its table (CSV, JSON lines), or the files of its blob storage export. Written
 * as its SDKs write spans. Every observation is a span, since traces need them; generations and embeddings are calls.
 * Source: langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields.
 */
import type { AttributeColumn, ImportSource } from '../source.ts';

const text = (attribute: string, ...names: string[]): AttributeColumn => ({
  names,
  kind: 'text',
  attribute,
  sentence: '',
});

export const langfuse: ImportSource = {
  name: 'langfuse',
  sentence:
    'Observations of Langfuse, as its table or its blob storage (`observations_v2/`) exports them.',
  instants: 'utc',
  isClosed: false,
  scope: 'import/langfuse',
  columns: [
    { names: ['start_time'], place: 'start', required: true, sentence: '' },
    { names: ['end_time'], place: 'end', sentence: '' },
    { names: ['id'], place: 'id', sentence: '' },
    { names: ['trace_id'], place: 'trace', sentence: '' },
    { names: ['parent_observation_id'], place: 'parent', sentence: '' },
    { names: ['name'], place: 'name', sentence: '' },
    {
      names: ['level'],
      kind: 'text',
      attribute: 'langfuse.observation.level',
      sentence: '`ERROR`: the call failed.',
    },
    {
      names: ['type'],
      kind: 'text',
      attribute: 'langfuse.observation.type',
      sentence: 'GENERATION and EMBEDDING are calls.',
    },
    text('langfuse.observation.model.name', 'provided_model_name', 'model'),
    {
      names: ['usage_details'],
      kind: 'object',
      attribute: 'langfuse.observation.usage_details',
      sentence: 'Tokens, as they were sent to Langfuse.',
    },
    {
      names: ['cost_details'],
      kind: 'object',
      attribute: 'langfuse.observation.cost_details',
      sentence: 'The reported cost.',
    },
    text('langfuse.user.id', 'user_id'),
    text('langfuse.session.id', 'session_id'),
    text('langfuse.trace.name', 'trace_name'),
    text('langfuse.observation.prompt.name', 'prompt_name'),
    text('langfuse.observation.prompt.version', 'prompt_version'),
    text('langfuse.environment', 'environment'),
    text('langfuse.release', 'release'),
    {
      names: ['tags', 'trace_tags'],
      kind: 'labels',
      attribute: 'langfuse.trace.tags',
      sentence: 'Each is a tag that says `true`.',
    },
  ],
};
