/**
 * Versions of emitters, compared where a row of the inclusion matrix changed with a release. A version that cannot be
 * read is in no range: what it would decide stays undecided.
 */

/** Releases `from` (inclusive) up to `below` (exclusive). */
export interface VersionRange {
  readonly from?: string;
  readonly below?: string;
}

const VERSION = /^v?(\d{1,9}(?:\.\d{1,9}){0,3})(?:[-+.a-z].*)?$/i;

/** Whether a version lies in a range. What follows the numbers (`-beta.1`, `+build`) is not looked at. */
export function isVersionIn(version: string, { from, below }: VersionRange): boolean {
  const numbers = numbersOf(version);
  return (
    numbers !== undefined &&
    (from === undefined || compare(numbers, numbersOf(from)!) >= 0) &&
    (below === undefined || compare(numbers, numbersOf(below)!) < 0)
  );
}

function numbersOf(version: string): number[] | undefined {
  return VERSION.exec(version)?.[1]?.split('.').map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}
