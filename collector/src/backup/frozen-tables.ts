/**
 * The tables of the embedded engine at one moment: FREEZE makes hard links of every part, which takes no room and no
 * time, and parts never change. With the definitions beside them they are a data directory that the engine opens.
 * What is changing a table meanwhile (a deletion that is half way) is work that its owner goes on with after a restart,
 * and so does whoever starts on the copy.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteName, quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { BACKUP_PATIENCE } from './backup-patience.ts';
import type { FileToCopy } from './copy-files.ts';
import { frozenName, frozenPath } from './leftovers.ts';
import { listFilesBelow } from './list-files.ts';

export class FrozenTables {
  private readonly store: Store;
  /** Where the engine keeps its files. */
  private readonly enginePath: string;
  private readonly id: string;

  constructor(options: { store: Store; enginePath: string; id: string }) {
    this.store = options.store;
    this.enginePath = options.enginePath;
    this.id = options.id;
  }

  /** Freezes every table with rows on disk. Whoever calls sees to it that no batch is half stored. */
  async freeze(): Promise<void> {
    const { store } = this;
    const name = quoteString(frozenName(this.id));
    const database = quoteString(store.database);
    const tables = await store.query<{ name: string }>(
      `SELECT name FROM system.tables WHERE database = ${database} AND engine LIKE '%MergeTree' ORDER BY name`,
    );
    for (const table of tables) {
      const place = `${quoteName(store.database)}.${quoteName(table.name)}`;
      await store.command(`ALTER TABLE ${place} FREEZE WITH NAME ${name}`, BACKUP_PATIENCE);
    }
  }

  /** Definitions and frozen parts, with their paths in a directory of an engine. */
  async files(): Promise<FileToCopy[]> {
    const { enginePath, id } = this;
    const definitions = await this.definitions();
    const shadow = join(enginePath, frozenPath(id));
    const parts = (await listFilesBelow(shadow)).map((path) => ({
      from: join(shadow, path),
      path,
    }));
    // Migrations are recorded in rows, so that no database is without any.
    if (parts.length === 0) throw new Error(`the engine froze nothing below ${shadow}`);
    return [...definitions.map((path) => ({ from: join(enginePath, path), path })), ...parts];
  }

  private async definitions(): Promise<string[]> {
    const { store, enginePath } = this;
    const [database] = await store.query<{ uuid: string; path: string }>(
      `SELECT toString(uuid) AS uuid, metadata_path AS path FROM system.databases WHERE name = ${quoteString(store.database)}`,
    );
    if (database === undefined) throw new Error(`the engine knows no database ${store.database}`);
    const ofDatabases = await sqlFilesIn(enginePath, 'metadata');
    const ofTables = await sqlFilesIn(enginePath, database.path.replace(/\/$/, ''));
    const texts = await Promise.all(
      ofDatabases.map((path) => readFile(join(enginePath, path), 'utf8')),
    );
    const own = ofDatabases.filter((_path, i) => texts[i]?.includes(database.uuid));
    return [...own, ...ofTables];
  }
}

async function sqlFilesIn(root: string, directory: string): Promise<string[]> {
  const names = await readdir(join(root, directory));
  return names.filter((name) => name.endsWith('.sql')).map((name) => join(directory, name));
}
