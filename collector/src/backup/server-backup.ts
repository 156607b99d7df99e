/**
 * A server backs its tables up itself, to a disk or a bucket that its configuration names: secrets stand there, and
 * never in a statement of ours.
 */
import { quoteName, quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';

/** `disk:<name>/<path>` or `s3:<named collection>/<path>`. */
const PLACE = /^(disk|s3):([A-Za-z_][A-Za-z0-9_]*)\/([A-Za-z0-9_./-]+)$/;

export const SERVER_PLACE_EXPECTED =
  'disk:<name>/<path> or s3:<named collection>/<path>, of a disk or collection that the configuration of ClickHouse names';

/** As BACKUP and RESTORE name the place; undefined where the text names none. */
export function serverDestination(text: string): string | undefined {
  const [, kind, name, path] = PLACE.exec(text) ?? [];
  if (name === undefined || path === undefined) return undefined;
  if (path.split('/').some((part) => part === '' || part === '..')) return undefined;
  return kind === 'disk'
    ? `Disk(${quoteString(name)}, ${quoteString(path)})`
    : `S3(${name}, ${quoteString(path)})`;
}

export const backupSql = (database: string, destination: string): string =>
  `BACKUP DATABASE ${quoteName(database)} TO ${destination}`;

export const restoreSql = (database: string, destination: string): string =>
  `RESTORE DATABASE ${quoteName(database)} FROM ${destination}`;
