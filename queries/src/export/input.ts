/** What can be asked of an export, and how the URL spells it. */
import { z } from 'zod';
import type { Filter } from '../dimensions.ts';
import { InputProblem } from '../input-problem.ts';
import { rangeShape, readParameters, readRange } from '../parameters.ts';
import type { InstantNs, Range } from '../range.ts';
import { COST_HOURS } from './cost-hours.ts';
import { EXPORT_FORMATS, type ExportFormat, type ExportTable } from './export-table.ts';
import { FOCUS_CHARGES } from './focus-charges.ts';
import { LEDGER_ROWS } from './ledger-rows.ts';
import { SPAN_ROWS } from './span-rows.ts';

/** Each kind of export by its name in the path. */
export const EXPORT_TABLES = {
  spans: SPAN_ROWS,
  ledger: LEDGER_ROWS,
  costs: COST_HOURS,
  focus: FOCUS_CHARGES,
} as const satisfies Record<string, ExportTable>;

export type ExportName = keyof typeof EXPORT_TABLES;

export interface ExportInput {
  readonly name: ExportName;
  readonly format: ExportFormat;
  readonly range: Range;
  readonly filters: readonly Filter[];
  /** Go on with an export that was cut off: its token, and the bytes that are there already. */
  readonly resume: { readonly token: string; readonly offsetBytes: number } | null;
  /** What was asked, as it came, without what changes from one try to the next: a token is good for this alone. */
  readonly asked: readonly (readonly [string, string])[];
  readonly nowNs: InstantNs;
}

const OFFSET_EXPECTED = 'a whole number of bytes, such as 1048576';

/** The parameters of `GET /api/v1/export/{name}`, without the filters by dimension. */
export function exportParameters(nowNs: InstantNs) {
  return z.object({
    ...rangeShape(nowNs),
    format: z
      .enum(EXPORT_FORMATS, { error: `one of ${EXPORT_FORMATS.join(', ')}` })
      .default('ndjson')
      .describe(
        'csv: RFC 4180 with a header, formulas made harmless; ndjson: a JSON object a line, without what is null, except in focus; parquet.',
      ),
    resume: z
      .string()
      .optional()
      .describe(
        '`x-export-resume` of an export that was cut off. All other parameters must be as they were. Not of parquet.',
      ),
    offset_bytes: z
      .string()
      .regex(/^\d{1,15}$/, { error: OFFSET_EXPECTED })
      .optional()
      .describe(
        'With `resume`: how many bytes of the body are there already; it goes on after them.',
      ),
  });
}

/** Whether an export that is cut off can go on: only where the same bytes come again, ordered and of one instant. */
export function canResume({ format }: Pick<ExportInput, 'format'>): boolean {
  return format !== 'parquet';
}

/** Reads a query string. Throws InputProblem. */
export function readExportInput(
  name: ExportName,
  parameters: URLSearchParams,
  nowNs: InstantNs,
): ExportInput {
  const { values, filters } = readParameters(exportParameters(nowNs), parameters);
  const { format, resume: token, offset_bytes: offset } = values;
  if ((token === undefined) !== (offset === undefined)) {
    const [field, other] =
      token === undefined ? ['resume', 'offset_bytes'] : ['offset_bytes', 'resume'];
    const expected = `a value beside ${other}: both or neither`;
    throw new InputProblem([{ field: field!, value: null, expected }]);
  }
  if (token !== undefined && !canResume({ format })) {
    const expected = 'none: exports as parquet are made anew, for their bytes may differ';
    throw new InputProblem([{ field: 'resume', value: token, expected }]);
  }
  const asked = [...parameters].filter(([field]) => field !== 'resume' && field !== 'offset_bytes');
  return {
    name,
    format,
    // A resumed export has the range of its token: `now` was another instant then.
    range:
      token === undefined
        ? readRange(values, parameters)
        : { fromNs: values.from, toNs: values.to },
    filters,
    resume: token === undefined ? null : { token, offsetBytes: Number(offset) },
    asked: asked.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y)),
    nowNs,
  };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
