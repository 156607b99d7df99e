// Makes the secrets of docker-compose.yml and compose.cluster.yml on the first `up`: node compose-secrets.ts FOLDER
// Each folder below FOLDER is a volume that one service reads. Invariants: a secret that is there is never changed, so
// that a second start changes none; each file is of the user that reads it, and nobody else's to read. What is no
// secret, and the release's own (what Grafana may read), is written at every start.
import { createHash, randomBytes } from 'node:crypto';
import { chown, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKey } from '@ai-cost-profiler/collector/key-format.ts';
import { GRAFANA_USER, grafanaUserXml } from './grafana-user.ts';

/** Who reads which folder: the numbers that the images run as. */
export const READERS = {
  collector: { uid: 1000, gid: 1000 },
  demo: { uid: 1000, gid: 1000 },
  'clickhouse-users': { uid: 101, gid: 101 },
  'clickhouse-cluster': { uid: 101, gid: 101 },
  grafana: { uid: 472, gid: 0 },
} as const;
type Folder = keyof typeof READERS;

/** The user of ClickHouse that the collector is. */
export const COLLECTOR_USER = 'aicost';

/** Fresh secrets: passwords of 192 bits, keys as the collector makes them. */
export function makeSecrets() {
  return {
    collectorPassword: randomBytes(24).toString('base64url'),
    grafanaPassword: randomBytes(24).toString('base64url'),
    adminPassword: randomBytes(24).toString('base64url'),
    clusterSecret: randomBytes(24).toString('base64url'),
    ingestKey: generateKey(randomBytes),
    demoKey: generateKey(randomBytes),
  };
}
type Secrets = ReturnType<typeof makeSecrets>;

/** The files of each folder. Those of a folder that is not mounted are not written. */
export function secretFiles(secrets: Secrets): Readonly<Record<Folder, Record<string, string>>> {
  const { ingestKey, demoKey } = secrets;
  const initKeys = [
    { tenant: 'default', scopes: ['ingest'], key: ingestKey },
    { tenant: 'default', scopes: ['ingest', 'read'], key: demoKey },
  ];
  return {
    collector: {
      'clickhouse-password': secrets.collectorPassword,
      'init-keys.json': JSON.stringify(initKeys),
      'ingest.key': ingestKey,
    },
    demo: { 'demo.key': demoKey },
    'clickhouse-users': { 'aicost.xml': usersXml(secrets) },
    'clickhouse-cluster': {
      'cluster-secret.xml': `<clickhouse><cluster_secret>${secrets.clusterSecret}</cluster_secret></clickhouse>\n`,
    },
    grafana: {
      'clickhouse-password': secrets.grafanaPassword,
      'admin-password': secrets.adminPassword,
    },
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/**
 * Users by the hash of their passwords. The server's own user without a password goes. What Grafana's may read is in a
 * file of its own, which replaces the one grant here: a user without any would have all.
 */
function usersXml({ collectorPassword, grafanaPassword }: Secrets): string {
  return `<clickhouse>
  <users>
    <default remove="remove"/>
    <${COLLECTOR_USER}>
      <password_sha256_hex>${sha256(collectorPassword)}</password_sha256_hex>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <access_management>1</access_management>
    </${COLLECTOR_USER}>
    <${GRAFANA_USER}>
      <password_sha256_hex>${sha256(grafanaPassword)}</password_sha256_hex>
      <networks><ip>::/0</ip></networks>
      <profile>aicost_reading</profile>
      <quota>default</quota>
      <grants><query>GRANT SELECT ON aicost.migrations</query></grants>
    </${GRAFANA_USER}>
  </users>
</clickhouse>
`;
}

/** What a release brings that is no secret, by its folder. */
const RELEASED: Partial<Record<Folder, Record<string, string>>> = {
  'clickhouse-users': { 'grafana-reads.xml': grafanaUserXml() },
};
const DONE = '.made';

/**
 * Writes the secrets of every folder that is there, unless it was done before, and what is no secret. Resolves with
 * the folders whose secrets were made.
 */
export async function writeSecrets(
  root: string,
  secrets: Secrets,
  own: typeof chown = chown,
): Promise<Folder[]> {
  const mounted: Folder[] = [];
  for (const folder of Object.keys(READERS) as Folder[]) {
    if (await isThere(join(root, folder))) mounted.push(folder);
  }
  for (const folder of mounted) {
    await writeFolder(join(root, folder), RELEASED[folder] ?? {}, folder, own);
  }
  return makeSecretsOnce(root, mounted, secretFiles(secrets), own);
}

async function makeSecretsOnce(
  root: string,
  mounted: Folder[],
  files: ReturnType<typeof secretFiles>,
  own: typeof chown,
): Promise<Folder[]> {
  const made = await Promise.all(mounted.map((folder) => isThere(join(root, folder, DONE))));
  if (made.some(Boolean)) {
    // One mark says that all folders were filled; a start that was ended may have left the others without.
    const lost = await lacking(root, mounted, files);
    if (lost.length === 0) return [];
    // Secrets of two starts do not fit each other: a volume that was lost is all of them lost.
    throw new Error(
      `the secrets in ${lost.join(', ')} are gone, and those of other folders are there: put the volume back, or remove all secrets volumes`,
    );
  }
  for (const folder of mounted) await writeFolder(join(root, folder), files[folder], folder, own);
  // Last of all: a start that is ended before makes all of them anew.
  for (const folder of mounted) await writeFile(join(root, folder, DONE), '');
  return mounted;
}

/** The folders that have not all of their files. */
async function lacking(
  root: string,
  folders: readonly Folder[],
  files: ReturnType<typeof secretFiles>,
): Promise<Folder[]> {
  const lost: Folder[] = [];
  for (const folder of folders) {
    const names = Object.keys(files[folder]);
    const there = await Promise.all(names.map((name) => isThere(join(root, folder, name))));
    if (!there.every(Boolean)) lost.push(folder);
  }
  return lost;
}

/** The folder stays root's: a second start looks into it, with no right to look into those of others. */
async function writeFolder(
  path: string,
  files: Record<string, string>,
  reader: Folder,
  own: typeof chown,
): Promise<void> {
  const { uid, gid } = READERS[reader];
  for (const [name, text] of Object.entries(files)) {
    const file = join(path, name);
    // A start that was ended here left one that root may not open: it has no right but to change owners.
    await rm(`${file}.new`, { force: true });
    await writeFile(`${file}.new`, text, { mode: 0o400 });
    await own(`${file}.new`, uid, gid);
    await rename(`${file}.new`, file);
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

if (import.meta.main) {
  const root = process.argv[2];
  if (root === undefined) throw new Error('expected the folder of the secrets');
  const folders = await writeSecrets(root, makeSecrets());
  process.stdout.write(
    folders.length === 0 ? 'The secrets are there.\n' : `Made secrets for ${folders.join(', ')}.\n`,
  );
}
