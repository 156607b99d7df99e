/**
 * How a segment goes into the landing table, and into one target alone when that one lacks it.
 * The repair is the view's own SELECT over the segment's file, so that both ways make the same rows.
 */
import { everyReplica } from '@ai-cost-profiler/clickhouse/cluster/cluster-settings.ts';
import {
  type DatabasePlace,
  localDatabase,
  ofShard,
} from '@ai-cost-profiler/clickhouse/cluster/table-places.ts';
import type { NativeFileInsert } from '@ai-cost-profiler/clickhouse/native-insert.ts';
import { quoteName } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { StoreSettings } from '@ai-cost-profiler/clickhouse/store-settings.ts';

/** A column of the landing table. */
interface LandingColumn {
  name: string;
  type: string;
}

/** A target of the star: its table and the SELECT of the view that fills it. On a cluster, on one shard. */
export interface Target {
  table: string;
  /** From 1; absent where there are no shards. */
  shard?: number;
  select: string;
  /** Named in a repair: the order of a SELECT is not the order of a table. */
  columns: readonly string[];
}

/** Where an insert goes: the landing table of a shard, or one target. */
export interface InsertPlace {
  readonly target?: Target;
  readonly shard: number | undefined;
  /** It may be there already. */
  readonly isDoubted: boolean;
}

/** Which batch a segment is: both go into every row. */
export interface BatchIdentity {
  writerId: string;
  batchSeq: number;
}

/** Columns that come from the batch, not from the file. */
const IDENTITY_COLUMNS = ['writer_id', 'batch_seq'];

type Insert = Pick<NativeFileInsert, 'into' | 'select' | 'structure' | 'settings'>;

export class Landing {
  readonly targets: readonly Target[];
  /** Each gets its rows by an insert of its own; `[undefined]`: there is one place for all. */
  readonly shards: readonly (number | undefined)[];
  /** By shard, how many servers have its rows. */
  readonly replicas: ReadonlyMap<number, number>;
  private readonly place: DatabasePlace;
  private readonly columns: readonly LandingColumn[];

  private constructor(
    place: DatabasePlace,
    columns: readonly LandingColumn[],
    { targets, shards, replicas }: Pick<Landing, 'targets' | 'shards' | 'replicas'>,
  ) {
    this.place = place;
    this.columns = columns;
    this.targets = targets;
    this.shards = shards;
    this.replicas = replicas;
  }

  /** Reads the landing table and its views from the database, after the migrations. Rejects when they are not there. */
  static async read(store: Store): Promise<Landing> {
    const database = localDatabase(store);
    const columns = await store.query<LandingColumn & { table: string }>(
      // What is computed from other columns is not written.
      `SELECT table, name, type FROM system.columns
       WHERE database = {database:String} AND default_kind != 'ALIAS' ORDER BY table, position`,
      { database },
    );
    const columnsOf = (table: string) => columns.filter((column) => column.table === table);
    const views = await store.query<{ name: string; as_select: string }>(
      `SELECT name, as_select FROM system.tables
       WHERE database = {database:String} AND engine = 'MaterializedView' AND startsWith(name, 'to_')
       ORDER BY name`,
      { database },
    );
    if (columnsOf('landing').length === 0 || views.length === 0) {
      throw new Error(`${database}.landing has no columns or no views: run "aicost migrate"`);
    }
    const targets = views.map(({ name, as_select: select }) => {
      const table = name.slice('to_'.length);
      return { table, select, columns: columnsOf(table).map((column) => column.name) };
    });
    for (const target of targets) {
      cutAtSource(database, target);
    }
    const replicas = await readReplicas(store);
    const shards = replicas.size === 0 ? [undefined] : [...replicas.keys()];
    const everywhere = shards.flatMap((shard) =>
      targets.map((target) => (shard === undefined ? target : { ...target, shard })),
    );
    return new Landing(store, columnsOf('landing'), { targets: everywhere, shards, replicas });
  }

  /**
   * The whole segment, or its rows of one shard, into the landing table: every view fires. `condition`: rows are taken
   * only where it holds.
   */
  insertAll(batch: BatchIdentity, condition?: string, shard?: number): Insert {
    const names = this.fileColumns().map(({ name }) => quoteName(name));
    return {
      into: `${quoteName(this.place.database)}.landing (${[...names, ...IDENTITY_COLUMNS].join(', ')})`,
      select: selectRows(names, batch, this.conditionOf(condition, shard)),
      structure: this.structure(),
      ...(shard === undefined ? {} : { settings: this.shardSettings(shard) }),
    };
  }

  /** The segment into one target, past the landing table. */
  insertInto(target: Target, batch: BatchIdentity, condition?: string): Insert {
    const { table, select, columns, shard } = target;
    const outputs = columns.map(quoteName).join(', ');
    const names = this.fileColumns().map(({ name }) => quoteName(name));
    const rows = `(${selectRows(names, batch, this.conditionOf(condition, shard))})`;
    const [before, after] = cutAtSource(localDatabase(this.place), { table, select });
    const repaired = `${before}FROM ${rows} AS landing${after}`;
    return {
      into: `${quoteName(this.place.database)}.${quoteName(table)} (${outputs})`,
      select: `SELECT ${outputs} FROM (${repaired})`,
      structure: this.structure(),
      // A view needs some columns only, and the engine reads no others: to its reader the rest of the file is unknown.
      // That the file has no column too many, the insert into the landing table has checked.
      settings: {
        input_format_skip_unknown_fields: 1,
        ...(shard === undefined ? {} : this.shardSettings(shard)),
      },
    };
  }

  /** All rows of the statement go to one shard, and are on each of its servers when it answers. */
  private shardSettings(shard: number): StoreSettings {
    return { ...everyReplica(this.replicas.get(shard)!), insert_shard_id: shard };
  }

  private conditionOf(condition: string | undefined, shard: number | undefined) {
    if (shard === undefined) return condition;
    const own = ofShard(shard, this.shards.length);
    return condition === undefined ? own : `${condition} AND ${own}`;
  }

  private fileColumns(): LandingColumn[] {
    return this.columns.filter(({ name }) => !IDENTITY_COLUMNS.includes(name));
  }

  private structure(): string {
    return this.fileColumns()
      .map(({ name, type }) => `${quoteName(name)} ${type}`)
      .join(', ');
  }
}

/** By the number of each shard how many replicas it has. Empty where there are no shards. */
async function readReplicas(store: Store): Promise<ReadonlyMap<number, number>> {
  const { cluster } = store;
  if (cluster === null) return new Map();
  const rows = await store.query<{ shard: number; replicas: string }>(
    'SELECT shard_num AS shard, count() AS replicas FROM system.clusters WHERE cluster = {cluster:String} GROUP BY shard ORDER BY shard',
    { cluster },
  );
  if (rows.length === 0) {
    throw new Error(
      `the server knows no cluster ${cluster}: --clickhouse-cluster names one of system.clusters`,
    );
  }
  return new Map(rows.map(({ shard, replicas }) => [Number(shard), Number(replicas)]));
}

/**
 * The SELECT of a view, before and behind where it names the landing table. Throws when it does not do so exactly
 * once: then a repair would not make the rows the view makes.
 */
function cutAtSource(database: string, view: Pick<Target, 'table' | 'select'>): [string, string] {
  for (const name of [database, quoteName(database)]) {
    const source = `FROM ${name}.landing`;
    const [before, after, ...more] = view.select.split(source);
    if (before !== undefined && after !== undefined && more.length === 0) {
      return [before, after.replace(/^ AS landing\b/, '')];
    }
  }
  throw new Error(
    `the view to_${view.table} does not read ${database}.landing exactly once: ${view.select}`,
  );
}

function selectRows(names: readonly string[], batch: BatchIdentity, condition?: string): string {
  const all = `SELECT ${names.join(', ')}, ${identityLiterals(batch)} FROM {source}`;
  return condition === undefined ? all : `${all} WHERE ${condition}`;
}

/** The batch's identity as typed literals; the writer id is hexadecimal, so it needs no escape. */
function identityLiterals({ writerId, batchSeq }: BatchIdentity): string {
  if (!/^[0-9a-f]+$/.test(writerId)) {
    throw new Error(`writer id ${JSON.stringify(writerId)} is not hexadecimal`);
  }
  return `toLowCardinality('${writerId}') AS writer_id, toUInt64(${batchSeq}) AS batch_seq`;
}
