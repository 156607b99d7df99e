/** Values of requests, as tests that walk all operations give them. */
import type { Operation } from './operations.ts';
import { DAY, MARK } from './two-tenants.ts';

/** Range of the seeded day, for what has one; alerts are of today, as those who look at budgets are. */
export const dayOf = ({ id, parameters }: Operation): readonly (readonly [string, string])[] =>
  id !== 'listAlerts' && parameters.some(({ name }) => name === 'from') ? DAY : [];

/** What a path names, where the question is about another part of it. */
export const KNOWN_IN_PATH = [
  ['tenant', 'acme'],
  ['limit', 'spans_per_second'],
] as const;

/** Values of a request that asks about one parameter: what else must be there is right. */
export function valuesWith(
  operation: Operation,
  name: string,
  value: string,
): readonly (readonly [string, string])[] {
  const inPath = operation.parameters.filter((one) => one.in === 'path').map((one) => one.name);
  const known = KNOWN_IN_PATH.filter(([one]) => inPath.includes(one));
  const offset = name === 'resume' ? [['offset_bytes', '0'] as const] : [];
  const rest = [...dayOf(operation), ...known, ...offset].filter(([one]) => one !== name);
  return [...rest, [name, value] as const];
}

/** What nobody has, and is written as what somebody has. */
export function unknownLike(value: string): string {
  const marked = value.replace(MARK, 'zqnobodyonly').replace(/^b+$/, 'e'.repeat(value.length));
  if (marked !== value) return marked;
  const last = value.at(-1)!;
  return (
    value.slice(0, -1) + (/\d/.test(last) ? (Number(last) + 1) % 10 : last === 'a' ? 'b' : 'a')
  );
}
