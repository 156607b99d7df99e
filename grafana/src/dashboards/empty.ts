/** What panels about money share: units, and what to do when they are empty. */

export const EMPTY =
  'Nothing in this range. Widen it, loosen the filters, or send spans: npm run demo';
export const USD = 'currencyUSD';
/** Of flame graphs, which know no currency: billionths of a dollar. */
export const NANO_USD = 'suffix:n$';
