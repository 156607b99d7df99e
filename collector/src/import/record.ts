/**
 * One row as its file has it: columns by name. JSON in a cell is looked into by paths (`metadata.usage_object`), and
 * `startTime` is the same column as `start_time`, since exports of one product write both.
 */
import { parseAsWritten } from './as-written.ts';
import { isEmpty } from './cell.ts';

export type Columns = Readonly<Record<string, unknown>>;

/** A cell that is told, and how the file calls it. */
export interface FoundCell {
  readonly column: string;
  readonly cell: unknown;
}

export class ImportRecord {
  private readonly byName = new Map<string, FoundCell[]>();

  constructor(columns: Columns) {
    for (const [column, cell] of Object.entries(columns)) {
      if (isEmpty(cell)) continue;
      const name = plainName(column);
      this.byName.set(name, [...(this.byName.get(name) ?? []), { column, cell }]);
    }
  }

  /** The first of these columns that tells something. */
  find(names: readonly string[]): FoundCell | undefined {
    for (const name of names) {
      const found = this.byName.get(plainName(name))?.[0] ?? this.findInside(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** All of these columns that tell something; names of one spelling too. */
  findAll(names: readonly string[]): FoundCell[] {
    return names.flatMap((name) => this.byName.get(plainName(name)) ?? this.findInside(name) ?? []);
  }

  cells(): FoundCell[] {
    return [...this.byName.values()].flat();
  }

  private findInside(path: string): FoundCell | undefined {
    if (!path.includes('.')) return undefined;
    const [head = '', ...rest] = path.split('.');
    const outer = this.byName.get(plainName(head))?.[0];
    if (outer === undefined) return undefined;
    let inside: unknown = objectIn(outer.cell);
    for (const step of rest) inside = ownValue(inside, step);
    return isEmpty(inside)
      ? undefined
      : { column: `${outer.column}.${rest.join('.')}`, cell: inside };
  }
}

/** Names come again with every row. */
const plainNames = new Map<string, string>();
const NAMES_HELD_MAX = 10_000;

/** `startTime`, `Start Time` and `start_time` in one spelling. */
export function plainName(name: string): string {
  const known = plainNames.get(name);
  if (known !== undefined) return known;
  const plain = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[ -]/g, '_')
    .toLowerCase();
  if (plainNames.size >= NAMES_HELD_MAX) plainNames.clear();
  plainNames.set(name, plain);
  return plain;
}

/** The object that a cell holds, also as JSON text. */
export function objectIn(cell: unknown): unknown {
  if (typeof cell !== 'string' || !cell.trimStart().startsWith('{')) return cell;
  try {
    return parseAsWritten(cell);
  } catch {
    // Text that only looks like JSON has nothing inside.
    return undefined;
  }
}

/** Undefined where it is no object, or has none of its own. */
export function ownValue(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
