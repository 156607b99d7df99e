// Keys that the operator chose beforehand (`AICOST_INIT_KEYS`, `--init-keys-file`): made at the start if missing.
// Invariants: doing it twice, or in two collectors at once, is doing it once; a key that was revoked stays revoked;
// no message repeats a key.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { scopesSchema, tenantNameSchema } from '../access.ts';
import type { Config } from '../config.ts';
import { ConfigError } from '../config-error.ts';
import { hashKey, KEY_RULE, parseKey, SECRET_LENGTH_ADVISED } from '../key-format.ts';
import type { Logger } from '../log.ts';
import { foldTenants, isGone } from '../tenant-states.ts';
import type { ControlState } from './control-state.ts';
import { createdKeyChange, type KeyFacts } from './key-rows.ts';

const initKeySchema = z.strictObject({
  tenant: tenantNameSchema,
  scopes: scopesSchema,
  key: z.string().refine((text) => parseKey(text) !== undefined, { error: `expected ${KEY_RULE}` }),
});
const initKeysSchema = z.array(initKeySchema);

export type InitKey = z.infer<typeof initKeySchema>;

/**
 * The init keys of a configuration; the file, which is a flag, wins over the variable.
 * @throws ConfigError naming where the list came from, the entry, the field and what was expected
 */
export async function readInitKeys(
  config: Pick<Config, 'initKeys' | 'initKeysFile'>,
): Promise<readonly InitKey[]> {
  if (config.initKeysFile !== null) {
    const origin = `--init-keys-file ${config.initKeysFile}`;
    return parseInitKeys(await readText(config.initKeysFile), origin);
  }
  return config.initKeys === null ? [] : parseInitKeys(config.initKeys, 'AICOST_INIT_KEYS');
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? cause.code : cause;
    throw new ConfigError(
      `--init-keys-file is ${JSON.stringify(path)}; it cannot be read (${reason}).`,
      { cause },
    );
  }
}

function parseInitKeys(text: string, origin: string): readonly InitKey[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, and the text holds keys.
    throw new ConfigError(`${origin} is not JSON; expected [{"tenant","scopes","key"}].`);
  }
  const result = initKeysSchema.safeParse(json);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new ConfigError(
      `${origin}: ${issue?.path.join('.') || 'the list'}: ${issue?.message}. Expected [{"tenant","scopes","key"}].`,
    );
  }
  return result.data;
}

function toFacts({ tenant, scopes, key }: InitKey): KeyFacts {
  const id = parseKey(key)?.id ?? '';
  return { id, tenant, scopes, sha256: hashKey(key).toString('hex'), name: 'init' };
}

/**
 * Makes the init keys that are missing. ClickHouse need not be there.
 * @throws ConfigError when an id is taken by a key with another secret
 */
export async function ensureInitKeys(
  state: ControlState,
  initKeys: readonly InitKey[],
  log: Logger,
): Promise<void> {
  const missing = new Map<string, KeyFacts>();
  const tenants = foldTenants(state.history());
  for (const initKey of initKeys) {
    const facts = toFacts(initKey);
    if (isGone(tenants.get(facts.tenant)?.state)) {
      log.warn(
        { key_id: facts.id, tenant: facts.tenant },
        'an init key is of a deleted tenant: it is no key',
      );
      continue;
    }
    const known = state.keys.get(facts.id) ?? missing.get(facts.id);
    if (known !== undefined && known.sha256 !== facts.sha256) {
      throw new ConfigError(
        `The init key with the id ${facts.id} has the id of another key; expected a new id, aicost_<id>_<secret>.`,
      );
    }
    if (known === undefined) missing.set(facts.id, facts);
    else warnOfDifference(known, facts, log);
    warnOfShortSecret(initKey.key, facts.id, log);
  }
  if (missing.size === 0) return;
  await state.adopt([...missing.values()].map((facts) => createdKeyChange('init-keys', facts)));
}

function warnOfDifference(known: Omit<KeyFacts, 'name'>, facts: KeyFacts, log: Logger): void {
  if (known.tenant === facts.tenant && known.scopes.join() === facts.scopes.join()) return;
  log.warn(
    { key_id: facts.id, tenant: known.tenant, scopes: known.scopes },
    'an init key exists with another tenant or other scopes, and stays as it is',
  );
}

function warnOfShortSecret(key: string, id: string, log: Logger): void {
  if ((parseKey(key)?.secret.length ?? 0) >= SECRET_LENGTH_ADVISED) return;
  log.warn({ key_id: id }, `the secret of an init key is shorter than ${SECRET_LENGTH_ADVISED}`);
}
