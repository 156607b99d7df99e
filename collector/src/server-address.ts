// Where a ClickHouse server is, and as whom it is asked. Invariant: user and password go into headers, never into a URL
// that may be logged.
import { readFile } from 'node:fs/promises';
import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';

interface ServerAddress {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

/**
 * Takes an address such as `http://user:password@host:8123` apart; the password may come from a file instead.
 * @throws ConfigError when the file cannot be read, holds nothing, or there is a password in the address too
 */
export async function serverAddress(
  text: string,
  { clickhousePasswordFile }: Pick<Config, 'clickhousePasswordFile'>,
): Promise<ServerAddress> {
  const url = new URL(text);
  const username = decoded(url.username);
  const inAddress = decoded(url.password);
  url.username = '';
  url.password = '';
  const password =
    clickhousePasswordFile === null
      ? inAddress
      : await passwordIn(clickhousePasswordFile, { username, inAddress });
  return { url: url.toString(), ...(username === '' ? {} : { username, password }) };
}

/** @throws ConfigError */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new ConfigError(
      '--clickhouse-url has a "%" in its user or password that stands for nothing; expected %25 for a "%" itself.',
      { cause },
    );
  }
}

async function passwordIn(
  path: string,
  { username, inAddress }: { username: string; inAddress: string },
): Promise<string> {
  const mistake = (why: string, cause?: unknown) =>
    new ConfigError(`--clickhouse-password-file is ${JSON.stringify(path)}; ${why}.`, { cause });
  if (username === '') {
    throw mistake('--clickhouse-url names no user; expected http://user@host:8123');
  }
  if (inAddress !== '') {
    throw mistake('--clickhouse-url has a password too; expected one of the two');
  }
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const reason = error instanceof Error && 'code' in error ? error.code : error;
    throw mistake(`it cannot be read (${reason})`, error);
  });
  const password = text.replace(/\r?\n$/, '');
  if (password === '') throw mistake('it is empty; expected a password');
  return password;
}
