/**
 * `manifest.json` of a backup: every file of it with size and digest. Invariant: it is written last, so that a backup
 * without one is not whole, and it carries a digest of itself, so that one that was cut or changed is told as that.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { z } from 'zod';
import { codeOf } from '../disk-error.ts';
import { syncDirectory, writeSynced } from './synced-files.ts';

const MANIFEST_FILE = 'manifest.json';
const FORMAT = 1;

/** It is written below a directory that somebody named: nothing may lead out of that. */
const pathSchema = z
  .string()
  .min(1)
  .refine(
    (path) => !isAbsolute(path) && normalize(path) === path && !path.split('/').includes('..'),
    'expected a path within the backup',
  );

const fileSchema = z.strictObject({
  path: pathSchema,
  bytes: z.int().nonnegative(),
  /** In hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  created_at: z.iso.datetime(),
  database: z.string(),
  /** The newest migration that the tables have. */
  migration: z.string(),
  /** Where the tables are: among the files, or where ClickHouse's own BACKUP put them. */
  tables: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('files') }),
    z.strictObject({ kind: z.literal('clickhouse'), destination: z.string() }),
  ]),
  files: z.array(fileSchema),
});

/** What a backup holds; `bytes` are those of the file. */
export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestFile = Manifest['files'][number];

const sealedSchema = z.strictObject({ sha256: z.string(), manifest: z.string() });

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Makes the backup whole. */
export async function writeManifest(
  directory: string,
  manifest: Omit<Manifest, 'format'>,
): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, ...manifest });
  const sealed = JSON.stringify({ sha256: digestOf(text), manifest: text });
  await writeSynced(join(directory, MANIFEST_FILE), `${sealed}\n`);
  await syncDirectory(directory);
}

/** A directory that holds no whole backup; the message says why. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

/** @throws BackupError when there is none, or it does not hold */
export async function readManifest(directory: string): Promise<Manifest> {
  const path = join(directory, MANIFEST_FILE);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error;
    throw new BackupError(
      `${directory} holds no whole backup: ${MANIFEST_FILE} is missing, which is written last.`,
    );
  });
  try {
    const { sha256, manifest } = sealedSchema.parse(JSON.parse(text));
    if (digestOf(manifest) !== sha256) throw new Error('its digest is another');
    return manifestSchema.parse(JSON.parse(manifest));
  } catch (cause) {
    const about = `${path} is damaged, or is no manifest of format ${FORMAT}`;
    throw new BackupError(`${about}: restore another backup.`, { cause });
  }
}
