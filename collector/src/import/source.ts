/**
 * Where a history comes from: which of its columns say what of a call. One source, one file; sources.ts has them all.
 * A source writes the attributes that its own exporter writes on spans, so that one dialect reads both.
 */
import type { AttributeValue, CellKind } from './cell.ts';
import type { InstantKind } from './instant.ts';

/** What of a span a column says that is no attribute. */
export type Place =
  | 'tenant'
  | 'service'
  | 'environment'
  | 'name'
  | 'start'
  | 'end'
  | 'duration_ms'
  /** The row's own id: the same id is the same call. */
  | 'id'
  | 'trace'
  | 'span'
  | 'parent'
  /** Why the call failed; any text but the ones of none. */
  | 'failure'
  /** What it was answered with: any text but the ones of success is a failure. */
  | 'status';

interface ColumnBase {
  /** What it is called; the first that is told counts. `a.b` looks into the JSON of column `a`. */
  readonly names: readonly string[];
  /** One line for the documentation; '' where the name says it. */
  readonly sentence: string;
}

export interface PlaceColumn extends ColumnBase {
  readonly place: Place;
  readonly required?: true;
}

export interface AttributeColumn extends ColumnBase {
  readonly kind: CellKind;
  readonly attribute: string;
  /** Where the source writes a number that means nothing. */
  readonly isZeroNothing?: true;
}

export type Column = PlaceColumn | AttributeColumn;

/** What stands in a row beside the columns of the table. */
export type Attributes = Map<string, AttributeValue>;

/** Why a row is not taken; `column` is as the file calls it. */
export interface RowFault {
  readonly column: string;
  readonly value: unknown;
  readonly expected: string;
}

export interface ImportSource {
  /** As `--source` names it. */
  readonly name: string;
  /** One sentence: whose rows these are, and how a person gets them. */
  readonly sentence: string;
  readonly columns: readonly Column[];
  readonly instants: InstantKind;
  /** Whether a column that is not in the table is a mistake; sources of others have many. */
  readonly isClosed: boolean;
  /** Beginning of the columns that are tags, such as `tags.`. */
  readonly tagPrefix?: string;
  /** The scope of its spans: what the dialect knows them by, where it does. */
  readonly scope: string;
  /** Written on each span. */
  readonly always?: Readonly<Record<string, AttributeValue>>;
  /**
   * Where rows have no id: the columns that make a row the one it is. The same in all of them is the same call, told
   * anew. Without it a row without an id is all that it says.
   */
  readonly identity?: readonly string[];
  /** What only several columns say together. */
  readonly finish?: (attributes: Attributes) => RowFault | undefined;
}
