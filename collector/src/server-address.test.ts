/** Where a server is, and as whom it is asked. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverAddress } from './server-address.ts';

let folder: string;
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aicost-password-'));
  await writeFile(file('password'), 'p@ss word\n');
  await writeFile(file('empty'), '\n');
});
afterAll(() => rm(folder, { recursive: true }));

test.for([
  ['http://host:8123', null, { url: 'http://host:8123/' }],
  ['http://u:p%40@host:8123', null, { url: 'http://host:8123/', username: 'u', password: 'p@' }],
  ['http://u@host:8123', null, { url: 'http://host:8123/', username: 'u', password: '' }],
  [
    'http://u@host:8123',
    'password',
    { url: 'http://host:8123/', username: 'u', password: 'p@ss word' },
  ],
] as const)('%s with the file %s', async ([url, name, expected]) => {
  const clickhousePasswordFile = name === null ? null : file(name);
  expect(await serverAddress(url, { clickhousePasswordFile })).toEqual(expected);
});

test('a "%" that stands for nothing is refused, and the password is not repeated', async () => {
  const asked = serverAddress('http://u:50%off@host:8123', { clickhousePasswordFile: null });
  await expect(asked).rejects.toThrow(/^--clickhouse-url has a "%".*expected %25/);
  await expect(asked).rejects.not.toThrow('off@host');
});

test.for([
  ['a file that is not there', 'http://u@host:8123', 'none', /cannot be read \(ENOENT\)/],
  ['an empty file', 'http://u@host:8123', 'empty', /it is empty/],
  ['a password in the address too', 'http://u:p@host:8123', 'password', /one of the two/],
  ['no user in the address', 'http://host:8123', 'password', /names no user/],
] as const)('%s is refused, naming the option and the file', async ([, url, name, why]) => {
  const asked = serverAddress(url, { clickhousePasswordFile: file(name) });
  await expect(asked).rejects.toThrow(why);
  await expect(asked).rejects.toThrow(/^--clickhouse-password-file is ".*(none|empty|password)"/);
});
