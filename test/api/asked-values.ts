/** Values of requests, as tests that walk all operations give them. */
import type { Operation } from './operations.ts';
import { DAY, MARK } from './two-tenants.ts';

/** Range of the seeded day, for what has one; alerts are of today, as those who look at budgets are. */
export const dayOf = ({ id, parameters }: Operation): readonly (readonly [string, string])[] =>
  id !== 'listAlerts' && parameters.some(({ name }) => name === 'from') ? DAY : [];

const KNOWN_IN_PATH = [
  ['tenant', 'acme'],
  ['limit', 'spans_per_second'],
] as const;

/** What the path names of which acme has one, where the question is about another part of the request. */
export function pathValues({ parameters }: Operation): readonly (readonly [string, string])[] {
  const inPath = parameters.filter((one) => one.in === 'path').map((one) => one.name);
  return KNOWN_IN_PATH.filter(([name]) => inPath.includes(name));
}

/** Values of a request that asks about one parameter: what else must be there is right. */
export function valuesWith(
  operation: Operation,
  name: string,
  value: string,
): readonly (readonly [string, string])[] {
  const offset = name === 'resume' ? [['offset_bytes', '0'] as const] : [];
  const rest = [...dayOf(operation), ...pathValues(operation), ...offset];
  return [...rest.filter(([one]) => one !== name), [name, value] as const];
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
