/** `aicost move`: from the embedded engine of a data directory to a server, with everything compared afterwards. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MigrationError, migrate } from '@ai-cost-profiler/clickhouse/migrate.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { ENGINE_PATH } from './backup/leftovers.ts';
import { CommandError, type CommandInput } from './cli/command.ts';
import { textTable } from './cli/text-table.ts';
import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import { controlCopyPath, readIfThere, writeDurably } from './control/control-copy.ts';
import { type Compared, MoveError, moveTables, mustHoldNothingElse } from './move/move-tables.ts';
import { serverAddress } from './server-address.ts';
import { withStoppedTables } from './stopped-ledger.ts';

/**
 * In a data directory: its tables were copied to a server, and both held the same. What a collector stores there
 * afterwards is not in the old tables, and a second move would take it away. A collector does not look at it.
 */
const MARK_FILE = 'moved.json';

/** Runs the command. @returns 0 when both hold the same, 1 when they do not */
export async function runMove(input: CommandInput): Promise<number> {
  const { config } = input;
  const dataDir = resolve(config.dataDir);
  const to = await targetOf(config);
  const target = createStore({ kind: 'server', ...to });
  try {
    mustHaveTables(dataDir);
    if (!input.flags.has('again')) await mustNotBeMoved(dataDir);
    const compared = await move(input, target);
    if (compared === undefined) {
      throw new CommandError(`No collector ever ran on the data directory ${dataDir}.`);
    }
    return tell(input, compared);
  } catch (error) {
    const isTold =
      error instanceof MoveError || error instanceof StoreError || error instanceof MigrationError;
    throw isTold ? new CommandError(error.message, { cause: error }) : error;
  } finally {
    await target.close();
  }
}

/** Asks first, with the data directory locked: what is stored into tables that nobody uses any more would be lost. */
async function move(
  { config, io, json }: CommandInput,
  target: Store,
): Promise<readonly Compared[] | undefined> {
  // The same options name the target and, later, where the collector stores: here they are not yet its own.
  const embedded = { ...config, clickhouseUrl: null, clickhousePasswordFile: null };
  return withStoppedTables(embedded, {
    before: (source) => mustHoldNothingElse({ source, target }),
    work: async (source) => {
      await migrate(target);
      const compared = await moveTables({ source, target }, ({ table, partition }) => {
        if (!json) io.writeError(`  … ${table}, partition ${partition}\n`);
      });
      if (isAllEqual(compared)) await mark(config, io.now());
      return compared;
    },
  });
}

/** Where a server always had them, an engine opened here would be empty, and the journal's rows lost in it. */
function mustHaveTables(dataDir: string): void {
  const path = join(dataDir, ENGINE_PATH);
  if (existsSync(path) || !existsSync(controlCopyPath(dataDir))) return;
  throw new CommandError(
    `${path} is missing: the tables of this data directory are not in an embedded engine, so that there is nothing to move.`,
  );
}

/** With where to, but never a password. */
async function mark(config: Config, at: Date): Promise<void> {
  const { url, database } = await targetOf(config);
  const text = JSON.stringify({ moved_at: at.toISOString(), url, database });
  await writeDurably(join(resolve(config.dataDir), MARK_FILE), `${text}\n`);
}

async function mustNotBeMoved(dataDir: string): Promise<void> {
  const path = join(dataDir, MARK_FILE);
  if ((await readIfThere(path)) === undefined) return;
  throw new CommandError(
    `${path} tells that the tables were moved already. Moving again takes away what a collector has stored on the server since. Start the collector with --clickhouse-url, or, if none has run there yet, move with --again.`,
  );
}

async function targetOf(config: Config) {
  const { clickhouseUrl: url, clickhouseCluster: cluster, database } = config;
  if (url === null) {
    throw new ConfigError('--clickhouse-url is missing; expected the server to move to.');
  }
  if (cluster !== null) {
    throw new ConfigError(
      `--clickhouse-cluster is ${JSON.stringify(cluster)}; expected none: rows are moved to one server, not to shards.`,
    );
  }
  return { database, ...(await serverAddress(url, config)) };
}

const isAllEqual = (compared: readonly Compared[]): boolean =>
  compared.every(({ is_equal: equal }) => equal);

function tell({ io, json }: CommandInput, compared: readonly Compared[]): number {
  const isEqual = isAllEqual(compared);
  if (json) {
    io.write(`${JSON.stringify({ equal: isEqual, tables: compared })}\n`);
    return isEqual ? 0 : 1;
  }
  io.write(comparedTable(compared));
  io.write(
    isEqual
      ? 'Both hold the same, to the last value. Start the collector with the same --data-dir and --clickhouse-url.\n'
      : 'They differ. Run aicost move again; what is equal already is not copied again.\n',
  );
  return isEqual ? 0 : 1;
}

const comparedTable = (compared: readonly Compared[]): string =>
  textTable<Compared>(
    [
      { title: 'TABLE', text: ({ table }) => table },
      { title: 'TENANT', text: ({ tenant }) => tenant },
      { title: 'ROWS', text: ({ rows }) => rows, isNumber: true },
      { title: 'THERE', text: (row) => row.target_rows, isNumber: true },
      { title: 'COST', text: (row) => row.cost_usd ?? '', isNumber: true },
      { title: 'THERE', text: (row) => row.target_cost_usd ?? '', isNumber: true },
      { title: 'SAME', text: (row) => (row.is_equal ? 'yes' : 'no') },
    ],
    compared,
  );
