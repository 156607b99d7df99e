/**
 * Whether a statement runs, and its end. Its `query_id` is bound as `id`. On a cluster its parts run on other servers
 * under ids of their own, and go on when the server that was asked has ended.
 */
import { quoteString } from '../sql-text.ts';
import { type DatabasePlace, onCluster } from './table-places.ts';

export function runningSql({ cluster }: DatabasePlace): string {
  return cluster === null
    ? 'SELECT count() AS running FROM system.processes WHERE query_id = {id:String}'
    : `SELECT count() AS running FROM clusterAllReplicas(${quoteString(cluster)}, system.processes) WHERE initial_query_id = {id:String}`;
}

export function killSql(place: DatabasePlace): string {
  return place.cluster === null
    ? 'KILL QUERY WHERE query_id = {id:String} ASYNC'
    : `KILL QUERY${onCluster(place)} WHERE initial_query_id = {id:String} ASYNC`;
}
