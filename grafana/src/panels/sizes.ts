/** Panels in the sizes that most dashboards use. */
import { stackedBars, stat, table } from './kinds.ts';
import type { Asked, FieldLook, PlacedLater } from './panel.ts';

type Sized = Omit<Asked, 'width' | 'height'>;

/** A number, six beside each other. */
export const number = (asked: Sized): PlacedLater => stat({ ...asked, width: 4, height: 4 });

/** A table over the whole width. */
export const wideTable = (asked: Sized): PlacedLater => table({ ...asked, width: 24, height: 10 });

/** A table, two beside each other. */
export const halfTable = (asked: Sized): PlacedLater => table({ ...asked, width: 12, height: 10 });

/** Bars over time over the whole width. */
export const wideBars = (asked: Sized): PlacedLater =>
  stackedBars({ ...asked, width: 24, height: 9 });

/** Looks of fields that many tables have. */
export const COUNT: FieldLook = { unit: 'short', decimals: 0 };
export const MONEY_FIELD: FieldLook = { unit: 'currencyUSD' };
export const SHARE_FIELD: FieldLook = { isShare: true };
