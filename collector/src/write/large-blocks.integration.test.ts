/** The file with large blocks holds the rows of the journal's file: the engine itself reads both. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chat, openRoad } from '../test-road.ts';
import { Landing } from './landing.ts';
import { LargeBlocks, type SmallBlocks } from './large-blocks.ts';
import { Writer } from './writer.ts';

let engine: TestEngine;
let store: Store;
let landing: Landing;
let directory: string;
const faults: unknown[] = [];
let blocks: LargeBlocks;

beforeAll(async () => {
  engine = await startMigratedEngine();
  store = createStore({ kind: 'embedded', database: 'aicost', ...storeAddress(engine.address) });
  landing = await Landing.read(store);
  directory = await mkdtemp(join(tmpdir(), 'aicost-blocks-'));
  blocks = new LargeBlocks(join(directory, 'large.native'), (error) => faults.push(error));
});
afterAll(async () => {
  await store.close();
  await engine.remove();
  await rm(directory, { recursive: true });
});

const IDENTITY = { writerId: 'ab', batchSeq: 1 };

/** A number that depends on every value of every row, and on no order. */
async function contents(path: string) {
  const { select, structure } = landing.insertAll(IDENTITY);
  const file = `file('${path}', 'Native', '${structure.replaceAll("'", "\\'")}')`;
  const [row] = await store.query<{ rows: string; entries: string; sum: string }>(
    `SELECT toString(count()) AS rows, toString(countIf(row_kind = 'entry')) AS entries,
       toString(sum(cityHash64(*))) AS sum FROM (${select.replace('{source}', file)})`,
  );
  return row!;
}

/** A segment of many flushes: calls and other spans, texts of all sizes, of several tenants. */
async function segment(): Promise<SmallBlocks & { close: () => Promise<void> }> {
  const road = await openRoad();
  for (let request = 0; request < 60; request++) {
    const spans = Array.from({ length: 40 }, (_, n) => {
      const span = request * 40 + n;
      const note = 'ö'.repeat(n * 3);
      const attributes = n % 3 === 0 ? chat(span, { note, [`key ${span % 300}`]: n }) : { note };
      return { span, trace: Math.floor(span / 4), attributes: request === 7 ? {} : attributes };
    });
    await road.send(spans, request % 2 === 0 ? 'acme' : 'other');
  }
  await road.close();
  const sealed = (await road.journal.queue.next())!;
  const { rowsPath, flushBytes } = sealed;
  return { rowsPath, flushBytes, close: () => road.remove() };
}

it('the rows are the same, and there are a few blocks instead of a hundred', async () => {
  const { rowsPath: path, flushBytes, close } = await segment();
  const large = await blocks.of({ rowsPath: path, flushBytes });
  expect(faults).toEqual([]);
  expect(large).not.toBe(path);
  const before = await contents(path);
  expect(before.rows).toBe(String(2400 + Number(before.entries)));
  expect(await contents(large)).toEqual(before);
  const countOf = async (file: string) =>
    (await readFile(file)).toString('latin1').split('row_kind').length - 1;
  expect(await countOf(path)).toBeGreaterThan(100);
  expect(await countOf(large)).toBe(2);
  // Once more: nothing of the last file is left in the memory it keeps.
  expect(await contents(await blocks.of({ rowsPath: path, flushBytes }))).toEqual(before);
  await close();
});

it('what was inserted does not stay in the file: a deletion would not reach it there', async () => {
  const road = await openRoad();
  const spans = Array.from({ length: 800 }, (_, span) => ({ span, attributes: chat(span) }));
  for (let at = 0; at < spans.length; at += 100) await road.send(spans.slice(at, at + 100), 'kept');
  await road.close();
  const made: string[] = [];
  const { queue } = road.journal;
  const writer = new Writer({
    store,
    landing,
    queue,
    nowMs: Date.now,
    random: Math.random,
    blocks: {
      of: async (segment) => {
        made.push(await blocks.of(segment));
        return made.at(-1)!;
      },
      forget: () => blocks.forget(),
    },
    onEvent: () => queue.close(),
  });
  await writer.run();
  expect(made).toEqual([join(directory, 'large.native')]);
  const [row] = await store.query<{ rows: string }>(
    "SELECT toString(count()) AS rows FROM aicost.spans WHERE tenant = 'kept'",
  );
  expect(row).toEqual({ rows: '800' });
  expect(await readdir(directory)).not.toContain('large.native');
  await road.remove();
});

it.for<[string, (bytes: Buffer) => Buffer]>([
  ['cut off', (bytes: Buffer) => bytes.subarray(0, -7)],
  ['of a type we do not write', (bytes: Buffer) => replaced(bytes, 'UInt32', 'IPv4\0\0')],
  ['with a dictionary that is too small', (bytes: Buffer) => bytes.fill(0xff, bytes.length >> 1)],
] as const)('a file that is %s goes to the engine as it is, and it is told', async ([, change]) => {
  const { rowsPath: path, flushBytes, close } = await segment();
  const changed = join(directory, 'changed.native');
  await writeFile(changed, change(await readFile(path)));
  faults.length = 0;
  expect(await blocks.of({ rowsPath: changed, flushBytes })).toBe(changed);
  expect(faults).toHaveLength(1);
  await close();
});

function replaced(bytes: Buffer, from: string, to: string): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1');
}
