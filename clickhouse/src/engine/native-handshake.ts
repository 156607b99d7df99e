/**
 * The first question of clickhouse-go, and so of Grafana's plugin. It asks which revision of the Native format the
 * server speaks and reads every later block by the answer; chdb writes blocks of revision 0 and tells its own, higher
 * one. So this question alone is answered here, in the client's revision and with revision 0.
 * Invariant: no other statement is taken for it.
 */
import { hostname } from 'node:os';

/** From this revision on each column says how it is serialised. */
const REVISION_WITH_SERIALISATION = 54_454;
const HANDSHAKE =
  /^\s*SELECT\s+displayName\(\),\s*version\(\),\s*revision\(\),\s*timezone\(\)\s*;?\s*$/i;
/** Field 1: no overflow row; field 2: no bucket (-1); end. */
const BLOCK_INFO = Buffer.from([1, 0, 2, 255, 255, 255, 255, 0]);
const DEFAULT_SERIALISATION = Buffer.from([0]);

/** Whether `sql` is that question and `revision` one that it can be answered in. */
export function isNativeHandshake(sql: string, revision: number, format: string): boolean {
  return revision >= REVISION_WITH_SERIALISATION && format === 'Native' && HANDSHAKE.test(sql);
}

/** The answer: one block of one row. */
export function nativeHandshake(version: string): Buffer {
  const revision = Buffer.alloc(4);
  const columns: readonly (readonly [string, string, Buffer])[] = [
    ['displayName()', 'String', text(hostname())],
    ['version()', 'String', text(version)],
    ['revision()', 'UInt32', revision],
    ['timezone()', 'String', text('UTC')],
  ];
  return Buffer.concat([
    BLOCK_INFO,
    Buffer.from([columns.length, 1]),
    ...columns.flatMap(([name, type, value]) => [
      text(name),
      text(type),
      DEFAULT_SERIALISATION,
      value,
    ]),
  ]);
}

/** A length below 128 is one byte; longer names of machines are cut. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value).subarray(0, 127);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
