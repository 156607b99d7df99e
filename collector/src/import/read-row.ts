/** A row of a history as a span, or why it is none. Pure. */
import { readCell, textOf } from './cell.ts';
import { takeTags } from './read-tags.ts';
import { endOf, type Places, startOf } from './read-times.ts';
import { type Columns, type FoundCell, ImportRecord, plainName } from './record.ts';
import { Fault, faultOf } from './row-fault.ts';
import { identityText, ownIdCell } from './row-identity.ts';
import { identityOf, spanIdOf, traceIdOf } from './row-ids.ts';
import type { AttributeColumn, Attributes, ImportSource, Place, RowFault } from './source.ts';

/** A call as OTLP wants it; ids are hexadecimal. */
export interface ImportedSpan {
  readonly tenant: string | undefined;
  readonly service: string | undefined;
  readonly environment: string | undefined;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly failure: string | undefined;
  readonly attributes: Attributes;
}

export interface SourceRow {
  readonly columns: Columns;
  /** Which of the equal rows of its file it is, from 0. */
  readonly nth: number;
}

/** Says of an error that there was none. */
const NO_ERROR = /^(success|ok|completed?|default|none|false|0|2\d\d)(?:\.0)?$/i;
const SUCCESS = /^(success|ok|completed?|default|2\d\d)(?:\.0)?$/i;
const HTTP_FAILURE = /^([45]\d\d)(?:\.0)?$/;

export function readRow(source: ImportSource, row: SourceRow): ImportedSpan | { fault: RowFault } {
  try {
    return spanOf(source, row);
  } catch (error) {
    if (error instanceof Fault) return { fault: error.fault };
    throw error;
  }
}

function spanOf(source: ImportSource, { columns, nth }: SourceRow): ImportedSpan {
  const record = new ImportRecord(columns);
  const places = placesOf(source, record);
  const text = (place: Place): string | undefined => textAt(places, place);
  const startNs = startOf(source, places);
  const attributes = attributesOf(source, record);
  const fault = source.finish?.(attributes);
  if (fault !== undefined) throw new Fault(fault);
  const idCell = ownIdCell(source, record);
  const identity =
    idCell === undefined
      ? identityOf(identityText(source, columns), source.identity === undefined ? nth : 0)
      : textIn(idCell);
  const failure = failureOf(attributes, { error: text('failure'), status: text('status') });
  return {
    tenant: text('tenant'),
    service: text('service'),
    environment: text('environment'),
    traceId: traceIdOf(source.name, text('trace') ?? identity),
    spanId: spanIdOf(source.name, identity),
    parentSpanId: parentOf(source, text('parent')),
    name: text('name') ?? source.name,
    startNs,
    endNs: endOf(source, places, startNs),
    failure,
    attributes,
  };
}

const parentOf = (source: ImportSource, parent: string | undefined): string =>
  parent === undefined ? '' : spanIdOf(source.name, parent);

function placesOf(source: ImportSource, record: ImportRecord): Places {
  const places = new Map<Place, FoundCell>();
  for (const column of source.columns) {
    const found = 'place' in column ? foundIn(source, record, column.names) : undefined;
    if ('place' in column && found !== undefined && !places.has(column.place)) {
      places.set(column.place, found);
    }
  }
  return places;
}

/** The first that is told. Where all columns are ours, another one that says otherwise is a mistake to be told. */
function foundIn(
  source: ImportSource,
  record: ImportRecord,
  names: readonly string[],
): FoundCell | undefined {
  if (!source.isClosed) return record.find(names);
  const [first, ...others] = record.findAll(names);
  for (const other of others) {
    if (first === undefined || saidOf(other) === saidOf(first)) continue;
    throw faultOf(other, `${saidOf(first)}, which is ${first.column}: both say the same`);
  }
  return first;
}

const saidOf = ({ cell }: FoundCell): string => textOf(cell)?.trim() ?? JSON.stringify(cell);

function textAt(places: Places, place: Place): string | undefined {
  const found = places.get(place);
  return found === undefined ? undefined : textIn(found) || undefined;
}

function textIn(found: FoundCell): string {
  const text = textOf(found.cell);
  if (text === undefined) throw faultOf(found, 'text');
  return text.trim();
}

/** Why the call failed. A status of HTTP is told as one: whom a provider refused it does not bill. */
function failureOf(
  attributes: Attributes,
  { error = '', status = '' }: { error: string | undefined; status: string | undefined },
): string | undefined {
  const told = NO_ERROR.test(error) ? '' : error;
  const failure = told || (SUCCESS.test(status) ? '' : status);
  if (failure === '') return undefined;
  const code = [status, told].flatMap((text) => HTTP_FAILURE.exec(text)?.[1] ?? [])[0];
  if (code !== undefined) attributes.set('http.response.status_code', { intValue: code });
  return failure;
}

function attributesOf(source: ImportSource, record: ImportRecord): Attributes {
  const attributes: Attributes = new Map(Object.entries(source.always ?? {}));
  for (const column of source.columns) {
    if (!('attribute' in column) || attributes.has(column.attribute)) continue;
    const found = foundIn(source, record, column.names);
    if (found !== undefined) takeAttribute(attributes, column, found);
  }
  if (source.tagPrefix !== undefined) takeTags(attributes, source.tagPrefix, record);
  return attributes;
}

function takeAttribute(to: Attributes, column: AttributeColumn, found: FoundCell): void {
  const read = readCell(column.kind, found.cell);
  if ('expected' in read) throw faultOf(found, read.expected);
  const isNothing = column.isZeroNothing === true && Number(textOf(found.cell)) === 0;
  if (!isNothing) to.set(column.attribute, read.value);
}

/** The columns of each source, plainly spelt: the same for every row. */
const knownColumns = new WeakMap<ImportSource, ReadonlySet<string>>();

function knownColumnsOf(source: ImportSource): ReadonlySet<string> {
  const known =
    knownColumns.get(source) ??
    new Set(source.columns.flatMap(({ names }) => names).map(plainName));
  knownColumns.set(source, known);
  return known;
}

/** Columns that the source does not know, where that is a mistake. */
export function unknownColumns(source: ImportSource, columns: Columns): string[] {
  if (!source.isClosed) return [];
  const known = knownColumnsOf(source);
  const { tagPrefix = '' } = source;
  const isTag = (name: string) =>
    tagPrefix !== '' && (name.startsWith(tagPrefix) || name === tagPrefix.slice(0, -1));
  return Object.keys(columns).filter((name) => !known.has(plainName(name)) && !isTag(name));
}
