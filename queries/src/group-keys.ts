/** The dimensions of a group as an answer shows them. */
import type { Dimension } from './dimensions.ts';

/** Values of the dimensions asked for; null where the call has none. */
export type GroupKeys = { readonly [D in Dimension]?: string | null };

/** Reads `<prefix>0`, `<prefix>1`, … of a stored row; '' in the tables is null in answers. */
export function readKeys(
  row: { readonly [column: string]: string },
  by: readonly Dimension[],
  prefix: 'k' | 'g',
): GroupKeys {
  return Object.fromEntries(
    by.map((dimension, index) => [dimension, row[`${prefix}${index}`] || null] as const),
  );
}
