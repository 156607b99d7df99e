/** Tags of a row: columns `tags.team`, and an object in a column `tags`, also as JSON text. */
import { isEmpty, textOf } from './cell.ts';
import { type FoundCell, type ImportRecord, objectIn } from './record.ts';
import { faultOf } from './row-fault.ts';
import type { Attributes } from './source.ts';

/** @throws Fault */
export function takeTags(to: Attributes, prefix: string, record: ImportRecord): void {
  for (const found of record.cells()) {
    const { column } = found;
    if (column.startsWith(prefix)) put(to, column.slice(prefix.length), found);
    if (column === prefix.slice(0, -1)) takeObject(to, found);
  }
}

function takeObject(to: Attributes, found: FoundCell): void {
  const tags = objectIn(found.cell);
  if (typeof tags !== 'object' || tags === null || Array.isArray(tags)) {
    throw faultOf(found, 'a JSON object');
  }
  for (const [key, cell] of Object.entries(tags)) {
    if (!isEmpty(cell)) put(to, key, { column: `${found.column}.${key}`, cell });
  }
}

function put(to: Attributes, key: string, found: FoundCell): void {
  const text = textOf(found.cell);
  if (text === undefined) throw faultOf(found, 'text');
  to.set(`aicost.tag.${key}`, { stringValue: text });
}
