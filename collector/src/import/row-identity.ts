/**
 * What a row is known by: its own id, else the columns that make it the row it is, else all that it says of a call. The
 * command and the collector decide it by the same functions, so that a row has one id however it is sent.
 */
import { isEmpty, textOf } from './cell.ts';
import {
  type Columns,
  type FoundCell,
  ImportRecord,
  objectIn,
  ownValue,
  plainName,
} from './record.ts';
import { canonical } from './row-ids.ts';
import type { ImportSource, Place } from './source.ts';

const OWN_IDS: readonly Place[] = ['span', 'id'];

/** The cell of the row's own id; one of blanks is none. */
export function ownIdCell(source: ImportSource, record: ImportRecord): FoundCell | undefined {
  for (const place of OWN_IDS) {
    const column = source.columns.find((one) => 'place' in one && one.place === place);
    const found = column === undefined ? undefined : record.find(column.names);
    if (found !== undefined && textOf(found.cell)?.trim() !== '') return found;
  }
  return undefined;
}

/** What a row without an id of its own is known by. `columns` may be pruned already. */
export function identityText(source: ImportSource, columns: Columns): string {
  const { identity } = source;
  if (identity === undefined) return canonical(prunerOf(source)(columns));
  const record = new ImportRecord(columns);
  return canonical(
    Object.fromEntries(identity.map((name) => [name, textOf(record.find([name])?.cell)])),
  );
}

type Prune = (columns: Columns) => Columns;
const pruners = new WeakMap<ImportSource, Prune>();

/**
 * Leaves what says something of a call: the columns of the table, and of JSON that they look into their paths alone. Of
 * a source whose columns are all known nothing is left out: a wrong name is a mistake to be told.
 */
export function prunerOf(source: ImportSource): Prune {
  const prune =
    pruners.get(source) ?? (source.isClosed ? (columns: Columns) => columns : pruner(source));
  pruners.set(source, prune);
  return prune;
}

function pruner({ columns: known }: ImportSource): Prune {
  const names = known.flatMap((column) => column.names);
  const whole = new Set(names.map(plainName));
  const inside = new Map<string, string[][]>();
  for (const [head = '', ...steps] of names.map((name) => name.split('.'))) {
    if (steps.length === 0) continue;
    const paths = inside.get(plainName(head)) ?? [];
    inside.set(plainName(head), [...paths, steps]);
  }
  return (columns) =>
    Object.fromEntries(
      Object.entries(columns).flatMap(([name, cell]) => {
        if (whole.has(plainName(name))) return [[name, cell]];
        const paths = inside.get(plainName(name));
        return paths === undefined ? [] : [[name, onlyPaths(objectIn(cell), paths)]];
      }),
    );
}

interface Branch {
  [key: string]: unknown;
}

/** Null where none of the paths is told: then nothing is. */
function onlyPaths(object: unknown, paths: readonly (readonly string[])[]): Branch | null {
  const kept: Branch = {};
  for (const path of paths) {
    let value = object;
    for (const step of path) value = ownValue(value, step);
    if (!isEmpty(value)) put(kept, path, value);
  }
  return Object.keys(kept).length === 0 ? null : kept;
}

function put(to: Branch, [step = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    to[step] = value;
    return;
  }
  const branch: Branch = { ...(to[step] as Branch | undefined) };
  put(branch, rest, value);
  to[step] = branch;
}
