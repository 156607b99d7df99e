/** `aicost move`: from the embedded engine of a data directory to a server, with everything compared afterwards. */
import { resolve } from 'node:path';
import { MigrationError, migrate } from '@ai-cost-profiler/clickhouse/migrate.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { CommandError, type CommandInput } from './cli/command.ts';
import { textTable } from './cli/text-table.ts';
import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import { type Compared, MoveError, moveTables } from './move/move-tables.ts';
import { serverAddress } from './server-address.ts';
import { withStoppedTables } from './stopped-ledger.ts';

/** Runs the command. @returns 0 when both hold the same, 1 when they do not */
export async function runMove(input: CommandInput): Promise<number> {
  const { config } = input;
  const target = await openTarget(config);
  try {
    // The same options name the target and, later, where the collector stores: here they are not yet its own.
    const embedded = { ...config, clickhouseUrl: null, clickhousePasswordFile: null };
    const compared = await withStoppedTables(embedded, async (source) => {
      await migrate(target);
      return moveTables({ source, target }, ({ table, partition }) => {
        if (!input.json) input.io.writeError(`  … ${table}, partition ${partition}\n`);
      });
    });
    if (compared === undefined) {
      const dataDir = resolve(config.dataDir);
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

async function openTarget(config: Config): Promise<Store> {
  const { clickhouseUrl: url, clickhouseCluster: cluster, database } = config;
  if (url === null) {
    throw new ConfigError('--clickhouse-url is missing; expected the server to move to.');
  }
  if (cluster !== null) {
    throw new ConfigError(
      `--clickhouse-cluster is ${JSON.stringify(cluster)}; expected none: rows are moved to one server, not to shards.`,
    );
  }
  return createStore({ kind: 'server', database, ...(await serverAddress(url, config)) });
}

function tell({ io, json }: CommandInput, compared: readonly Compared[]): number {
  const isEqual = compared.every(({ is_equal: equal }) => equal);
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
