/**
 * `moved.json` in a data directory: its tables were copied to a server, and both held the same. What a collector stores
 * there afterwards is not in the old tables, so that a second move would take it away. A collector on the server does
 * not look at the mark.
 */
import { join } from 'node:path';
import { readIfThere, writeDurably } from '../control/control-copy.ts';
import type { ServerAddress } from '../server-address.ts';

const MARK_FILE = 'moved.json';

/** Where to; never a password. */
export interface MovedTo {
  readonly url: ServerAddress['url'];
  readonly database: string;
}

/** The path of the mark, where there is one. */
export async function findMovedMark(dataDir: string): Promise<string | undefined> {
  const path = join(dataDir, MARK_FILE);
  return (await readIfThere(path)) === undefined ? undefined : path;
}

/** Resolves once it is on the disk. */
export async function writeMovedMark(dataDir: string, to: MovedTo, at: Date): Promise<void> {
  const { url, database } = to;
  const mark = { moved_at: at.toISOString(), url, database };
  await writeDurably(join(dataDir, MARK_FILE), `${JSON.stringify(mark)}\n`);
}
