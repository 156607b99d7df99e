import { readdirSync, readFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bound, join, name, render, sql, wholeNumbers } from './sql.ts';

describe('sql', () => {
  test('a value from outside becomes a placeholder, whatever it is', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1 }), (values) => {
        const list = join(
          values.map((value) => sql`x = ${bound('String', value)}`),
          ', ',
        );
        const { text, params } = render(sql`SELECT ${list}`);
        expect(text).toBe(`SELECT ${values.map((_, at) => `x = {p${at}:String}`).join(', ')}`);
        expect(Object.values(params)).toEqual(values);
      }),
    );
  });

  test('equal values share a placeholder, equal text of another type does not', () => {
    const [a, again] = [bound('String', '1'), bound('String', '1')];
    const { text, params } = render(sql`${a} ${again} ${bound('Int64', 1n)}`);
    expect(text).toBe('{p0:String} {p0:String} {p1:Int64}');
    expect(params).toEqual({ p0: '1', p1: '1' });
  });

  test.for(['', 'a b', 'a`b', "a'b", 'a;b', '1a', 'a.b', 'é', 'x'.repeat(65)])(
    'refuses %s as a name',
    (identifier) => {
      expect(() => name(identifier)).toThrow(RangeError);
    },
  );

  test('whole numbers stand in the text as digits only', () => {
    expect(render(wholeNumbers([-1n, 0n, 2n ** 70n])).text).toBe(`-1,0,${2n ** 70n}`);
    expect(() => wholeNumbers(['1); DROP' as unknown as bigint])).toThrow(SyntaxError);
  });
});

/** Source files of this package that can run in production. */
function sourceFiles(): string[] {
  return readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) => !file.startsWith('testing'));
}

describe('the package', () => {
  const read = (file: string) => readFileSync(joinPath(import.meta.dirname, file), 'utf8');

  test('joins SQL text in sql.ts only', () => {
    const joining = sourceFiles().filter((file) => /pieces/.test(read(file)));
    expect(joining).toEqual(['sql.ts']);
  });

  test('reaches tables through the tenant scope only', () => {
    const others = sourceFiles().filter((file) => file !== 'tenant-scope.ts');
    const naming = others.filter((file) =>
      /(FROM|JOIN|INTO)\s+(?!\()(?!\$\{(rows|marked|groups)\})[`$\w]/.test(read(file)),
    );
    expect(naming).toEqual([]);
    expect(others.filter((file) => /store\.query|\.database\b/.test(read(file)))).toEqual([]);
  });
});
