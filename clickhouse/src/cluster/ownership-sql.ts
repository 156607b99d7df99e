/**
 * The table in which collectors on a cluster agree who settles: rows are in Keeper, so that all servers see one. Made
 * on a cluster alone, because only there is a Keeper.
 */
import { quoteName, quoteString } from '../sql-text.ts';
import { type DatabasePlace, onCluster } from './table-places.ts';

/** `number` grows by one from row to row: in strict mode the insert of a number that is there fails. */
export function ownershipTableSql(place: DatabasePlace): string {
  const { database } = place;
  const path = quoteString(`/aicost/${database}/settle_ownership`);
  return `CREATE TABLE IF NOT EXISTS ${quoteName(database)}.settle_ownership${onCluster(place)}
(
    number UInt64,
    author String,
    state String
)
ENGINE = KeeperMap(${path})
PRIMARY KEY number`;
}

/** Of an insert: a key that is there is an error and not overwritten. */
export const KEEPER_STRICT_SETTINGS = { keeper_map_strict_mode: 1 } as const;
