/** What panels about money share: the unit, and what to do when they are empty. */

export const EMPTY =
  'Nothing in this range. Widen it, loosen the filters, or send spans: npm run demo';
export const USD = 'currencyUSD';
