/**
 * Exceptions from a limit, with the value each has today. They can only shrink: a value that grew is an error, and so
 * is one that stands here although it is lower by now, or gone.
 */

/** What is wrong, one line each, when `found` (those over the limit, by name) is held against the exceptions. */
export function judgeExceptions(
  found: ReadonlyMap<string, number>,
  allowed: Readonly<Record<string, number>>,
  advice: string,
): string[] {
  const wrong: string[] = [];
  for (const [name, value] of found) {
    const known = allowed[name];
    if (known === undefined) wrong.push(`${name}: ${value}. ${advice}`);
    else if (value > known) wrong.push(`${name}: ${value}, was ${known}. ${advice}`);
    else if (value < known) wrong.push(`${name}: ${value} now; lower its exception from ${known}.`);
  }
  for (const name of Object.keys(allowed)) {
    if (!found.has(name)) wrong.push(`${name}: within the limit now; remove its exception.`);
  }
  return wrong;
}
