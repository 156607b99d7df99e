// The operator key of the first start, kept in `<data-dir>/admin.key` (0600) until it is rotated or revoked.
// Invariant: the file is written before the key is made known, so a crash between the two loses nothing: the
// next start takes the key of the file.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SCOPES } from '../access.ts';
import { generateKey, hashKey, parseKey } from '../key-format.ts';
import { readIfThere, writeDurably } from './control-copy.ts';
import type { ControlState } from './control-state.ts';
import { createdKeyChange } from './key-rows.ts';

export const FIRST_TENANT = 'default';
const FIRST_START = 'first-start';

export const adminKeyPath = (dataDir: string): string => join(dataDir, 'admin.key');

/** The key in a file that holds one; undefined when there is no such file, or no key in it. */
async function readKeyFile(path: string): Promise<string | undefined> {
  const text = (await readIfThere(path))?.trim();
  return text !== undefined && parseKey(text) !== undefined ? text : undefined;
}

/**
 * Makes the first operator key, unless one was ever made for this control state.
 * Call it after the first refresh, so that a second collector of the same ClickHouse makes none.
 * @returns the key if this call made it, to be shown once; undefined otherwise
 */
export async function ensureFirstKey(
  state: ControlState,
  dataDir: string,
  randomBytes: (size: number) => Uint8Array,
): Promise<string | undefined> {
  if ([...state.keys.values()].some((key) => key.createdBy === FIRST_START)) return undefined;
  const path = adminKeyPath(dataDir);
  const key = (await readKeyFile(path)) ?? generateKey(randomBytes);
  await writeDurably(path, `${key}\n`);
  const facts = {
    id: parseKey(key)?.id ?? '',
    tenant: FIRST_TENANT,
    scopes: SCOPES,
    sha256: hashKey(key).toString('hex'),
    name: 'first start',
  };
  await state.adopt([createdKeyChange(FIRST_START, facts)]);
  return key;
}

/** Removes admin.key when it holds the key of this id: a file with a dead key only misleads. */
export async function forgetFirstKey(dataDir: string, retiredId: string): Promise<void> {
  const path = adminKeyPath(dataDir);
  const key = await readKeyFile(path);
  if (key !== undefined && parseKey(key)?.id === retiredId) await rm(path, { force: true });
}
