/** A row of a history as a span, or why it is none. Pure. */
import { isEmpty, readCell, textOf } from './cell.ts';
import { EXPECTED_INSTANT, readInstant } from './instant.ts';
import { type Columns, type FoundCell, ImportRecord, plainName } from './record.ts';
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

/** Thrown within this file; `readRow` returns it. */
class Fault extends Error {
  readonly fault: RowFault;

  constructor(fault: RowFault) {
    super(fault.expected);
    this.fault = fault;
  }
}

/** Says of a failure that there was none. */
const SUCCESS = /^(success|ok|completed?|default|none|false|0|2\d\d)$/i;
const DECIMAL = /^\d{1,12}(?:\.\d{1,40})?$/;

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
  const startNs = instantAt(source, places, 'start');
  if (startNs === undefined) throw missingStart(source);
  const attributes = attributesOf(source, record);
  const fault = source.finish?.(attributes);
  if (fault !== undefined) throw new Fault(fault);
  const id = text('span') ?? text('id');
  const identity = id ?? identityOf(columns, nth);
  const failure = text('failure');
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
    failure: failure === undefined || SUCCESS.test(failure) ? undefined : failure,
    attributes,
  };
}

const parentOf = (source: ImportSource, parent: string | undefined): string =>
  parent === undefined ? '' : spanIdOf(source.name, parent);

type Places = ReadonlyMap<Place, FoundCell>;

function placesOf(source: ImportSource, record: ImportRecord): Places {
  const places = new Map<Place, FoundCell>();
  for (const column of source.columns) {
    const found = 'place' in column ? record.find(column.names) : undefined;
    if ('place' in column && found !== undefined && !places.has(column.place)) {
      places.set(column.place, found);
    }
  }
  return places;
}

function textAt(places: Places, place: Place): string | undefined {
  const found = places.get(place);
  if (found === undefined) return undefined;
  const text = textOf(found.cell);
  if (text === undefined) throw faultOf(found, 'text');
  return text.trim() === '' ? undefined : text.trim();
}

const faultOf = ({ column, cell }: FoundCell, expected: string): Fault =>
  new Fault({ column, value: cell, expected });

function missingStart(source: ImportSource): Fault {
  const column = source.columns.find((one) => 'place' in one && one.place === 'start');
  const expected = EXPECTED_INSTANT[source.instants];
  return new Fault({ column: column?.names[0] ?? 'timestamp', value: null, expected });
}

function instantAt(source: ImportSource, places: Places, place: Place): bigint | undefined {
  const found = places.get(place);
  if (found === undefined) return undefined;
  const read = readInstant(source.instants, found.cell);
  if ('expected' in read) throw faultOf(found, read.expected);
  return read.value;
}

/** Where neither an end nor a duration is told, the call ends as it starts. */
function endOf(source: ImportSource, places: Places, startNs: bigint): bigint {
  const end = instantAt(source, places, 'end');
  if (end !== undefined) return end < startNs ? startNs : end;
  return (
    startNs + (durationNs(places, 'duration_ms', 6) ?? durationNs(places, 'duration_s', 9) ?? 0n)
  );
}

/** `scale`: how many digits of its unit are a nanosecond. */
function durationNs(places: Places, place: Place, scale: number): bigint | undefined {
  const found = places.get(place);
  if (found === undefined) return undefined;
  const text = textOf(found.cell)?.trim() ?? '';
  if (!DECIMAL.test(text)) throw faultOf(found, 'a decimal of at least 0');
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
}

function attributesOf(source: ImportSource, record: ImportRecord): Attributes {
  const attributes: Attributes = new Map(Object.entries(source.always ?? {}));
  for (const column of source.columns) {
    if ('attribute' in column) takeAttribute(attributes, column, record);
  }
  if (source.tagPrefix !== undefined) takeTags(attributes, source.tagPrefix, record);
  return attributes;
}

function takeAttribute(to: Attributes, column: AttributeColumn, record: ImportRecord): void {
  const found = record.find(column.names);
  if (found === undefined || to.has(column.attribute)) return;
  const read = readCell(column.kind, found.cell);
  if ('expected' in read) throw faultOf(found, read.expected);
  const isNothing = column.isZeroNothing === true && Number(textOf(found.cell)) === 0;
  if (!isNothing) to.set(column.attribute, read.value);
}

/** Columns `tags.team`, and an object in a column `tags`. */
function takeTags(to: Attributes, prefix: string, record: ImportRecord): void {
  const put = (key: string, found: FoundCell) => {
    const text = textOf(found.cell);
    if (text === undefined) throw faultOf(found, 'text');
    to.set(`aicost.tag.${key}`, { stringValue: text });
  };
  for (const found of record.cells()) {
    const { column, cell } = found;
    if (column.startsWith(prefix)) put(column.slice(prefix.length), found);
    if (column !== prefix.slice(0, -1)) continue;
    if (typeof cell !== 'object' || cell === null) throw faultOf(found, 'a JSON object');
    for (const [key, value] of Object.entries(cell)) {
      if (!isEmpty(value)) put(key, { column: `${column}.${key}`, cell: value });
    }
  }
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
