// What every OwnershipRegister promises. Run by the tests of each one.
import { expect, test } from 'vitest';
import type { OwnershipRecord, OwnershipRegister } from './ownership-register.ts';
import { claimed, NOBODY, type OwnershipState } from './ownership-state.ts';

const ONE = { writer: '0a', name: 'http://one:4318', storedThroughMs: 1_000 };
const TWO = { writer: '0b', name: 'a "quoted" näme\n', storedThroughMs: 2_000 };

const record = (
  number: number,
  author: string,
  state: OwnershipState = NOBODY,
): OwnershipRecord => ({
  number,
  author,
  state,
});

/** @param open makes an empty register */
export function ownershipRegisterContract(open: () => Promise<OwnershipRegister>): void {
  test('in the beginning there is no record', async () => {
    expect(await (await open()).read()).toBeUndefined();
  });

  test('the newest record comes back as it was put', async () => {
    const register = await open();
    const first = record(1, 'a', claimed(NOBODY, ONE, 1));
    const second = record(2, 'b', claimed(first.state, TWO, 2));
    expect(await register.put(first)).toBe(true);
    expect(await register.put(second)).toBe(true);
    expect(await register.read()).toEqual(second);
  });

  test('a number that is there is not put again, and what stands is left as it is', async () => {
    const register = await open();
    const first = record(1, 'a', claimed(NOBODY, ONE, 1));
    await register.put(first);
    expect(await register.put(record(1, 'b', claimed(NOBODY, TWO, 1)))).toBe(false);
    expect(await register.read()).toEqual(first);
  });

  test('who comes with an old number is told that a newer one stands', async () => {
    const register = await open();
    for (const number of [1, 2, 3]) await register.put(record(number, `a${number}`));
    expect(await register.put(record(2, 'b'))).toBe(false);
    expect((await register.read())?.number).toBe(3);
  });

  test('of many that put one number at once, one is told that it stands', async () => {
    const register = await open();
    const authors = ['a', 'b', 'c', 'd', 'e', 'f'];
    const stands = await Promise.all(authors.map((author) => register.put(record(1, author))));
    const newest = await register.read();
    expect(authors.filter((_, i) => stands[i])).toEqual([newest?.author]);
  });

  test('numbers beyond 10 and 100 are still in order', async () => {
    const register = await open();
    for (const number of [9, 10, 99, 100]) {
      expect(await register.put(record(number, `a${number}`))).toBe(true);
    }
    expect((await register.read())?.number).toBe(100);
  });
}
