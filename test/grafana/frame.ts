/** Rows as the engine answers them, and what Grafana makes of their columns. */

/** With the types of the columns. */
export interface Frame {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
}

export type FieldKind = 'time' | 'number' | 'text' | 'other';

/** What the plugin makes of a column. */
export function kindOf(type: string): FieldKind {
  const plain = type.replace(/^(?:LowCardinality|Nullable)\(/, '').replace(/^Nullable\(/, '');
  if (/^Date/.test(plain)) return 'time';
  if (/^(?:U?Int|Float|Decimal)/.test(plain)) return 'number';
  return /^(?:String|Enum|FixedString|Bool|UUID)/.test(plain) ? 'text' : 'other';
}
