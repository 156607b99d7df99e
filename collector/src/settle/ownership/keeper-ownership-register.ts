/**
 * The register in Keeper, through a table of the engine KeeperMap (clickhouse/src/cluster/ownership-sql.ts): an
 * insert of a number that is there fails, whichever server it goes to. Whether a record stands is known by reading it
 * again: an error may be the answer to an insert that came through, and one server may lag behind another.
 */
import { KEEPER_STRICT_SETTINGS } from '@ai-cost-profiler/clickhouse/cluster/ownership-sql.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import type { OwnershipRecord, OwnershipRegister } from './ownership-register.ts';
import { ownershipStateSchema } from './ownership-state.ts';

/** What is needed of clickhouse/src/store.ts. */
export type OwnershipDatabase = Pick<Store, 'database' | 'query' | 'insertRows' | 'command'>;

/** An owner that waited longer for an answer would act on what is not so any more. */
const CALL_MS_MAX = 5_000;
/**
 * Records behind the newest that stay. Who inserts one that was taken away meanwhile puts a number that was there: it
 * would have waited for as many renewals, and is told by the next reading that it is not the newest.
 */
const KEPT_RECORDS = 1_000;
const TIDY_EVERY = 100;

interface Row {
  readonly number: string;
  readonly author: string;
  readonly state: string;
}

export function createKeeperOwnershipRegister(database: OwnershipDatabase): OwnershipRegister {
  const table = `${database.database}.settle_ownership`;
  const options = { timeoutMs: CALL_MS_MAX };
  const read = async (): Promise<OwnershipRecord | undefined> => {
    const [row] = await database.query<Row>(
      `SELECT number, author, state FROM ${table} ORDER BY number DESC LIMIT 1`,
      {},
      options,
    );
    return row === undefined ? undefined : recordOf(row);
  };
  const tidy = async (newest: number): Promise<void> => {
    if (newest % TIDY_EVERY !== 0 || newest <= KEPT_RECORDS) return;
    const before = newest - KEPT_RECORDS;
    await database.command(`DELETE FROM ${table} WHERE number < {before:UInt64}`, {
      ...options,
      params: { before },
    });
  };
  return {
    read,
    async put({ number, author, state }) {
      const row = { number, author, state: JSON.stringify(state) };
      const failure = await failureOf(
        database.insertRows(table, [row], { ...options, settings: KEEPER_STRICT_SETTINGS }),
      );
      const newest = await read();
      if (newest?.author === author) {
        // What is left over costs a little room; the next one takes it away.
        await failureOf(tidy(number));
        return true;
      }
      if (failure !== undefined && (newest?.number ?? 0) < number) throw failure;
      return false;
    },
  };
}

/** @throws StoreError for a record that this version cannot read: a newer one is at work */
function recordOf({ number, author, state }: Row): OwnershipRecord {
  try {
    return { number: Number(number), author, state: ownershipStateSchema.parse(JSON.parse(state)) };
  } catch (cause) {
    const about = { code: null, retryable: true, answered: true };
    throw new StoreError(`settle_ownership: record ${number} is not understood`, about, { cause });
  }
}

async function failureOf(call: Promise<void>): Promise<StoreError | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}
