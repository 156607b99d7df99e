// docs/reference/import-columns.md, from the table of sources: what each column of a history becomes.
import type { Column, ImportSource } from '@ai-cost-profiler/collector/import/source.ts';
import { SOURCES } from '@ai-cost-profiler/collector/import/sources.ts';
import { code, NOTICE, table } from './markdown.ts';

/** What is worked out of several columns is said of each. */
const MADE_OF_SEVERAL = 'import.';

function becomes(column: Column): string {
  if ('place' in column) return column.place.replaceAll('_', ' ');
  return column.attribute.startsWith(MADE_OF_SEVERAL) ? 'usage' : code(column.attribute);
}

function rowOf(column: Column): string[] {
  const required = 'place' in column && column.required === true ? ' (required)' : '';
  return [
    column.names.map(code).join(', ') + required,
    'kind' in column ? column.kind : 'text',
    becomes(column),
    column.sentence,
  ];
}

function section(source: ImportSource): string {
  const unknown = source.isClosed
    ? 'Other columns are refused.'
    : 'Other columns are left where they are.';
  return [
    `## ${source.name}`,
    `${source.sentence} ${unknown}`,
    table(['Column', 'Kind', 'Becomes', ''], source.columns.map(rowOf)),
    ...(source.tagPrefix === undefined
      ? []
      : [`${code(`${source.tagPrefix}<key>`)} is a tag, as is each key of an object in \`tags\`.`]),
  ].join('\n\n');
}

export function importColumnsPage(): string {
  return `${[
    NOTICE,
    '# Columns of imported histories',
    'What `aicost import --source` understands ([import](../import.md)). Of several names the first that is told counts; `startTime` and `start_time` are one name, and `a.b` looks into the JSON of a column `a`. An empty cell tells nothing.',
    ...SOURCES.map(section),
  ].join('\n\n')}\n`;
}
