/** The calls as the engine streams them to the thread, and the thread: corrections, cuts, failures, bounds. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseInstant } from '../range.ts';
import { openByteScope, type Reader } from '../tenant-scope.ts';
import { type EmbeddedLedger, type Entry, openEmbeddedLedger } from '../testing/embedded-ledger.ts';
import { type CallBlock, CallBlocks } from './call-blocks.ts';
import { readSimilarInput } from './input.ts';
import { PromptThreads } from './prompt-threads.ts';
import { answerSimilar } from './similar.ts';
import { similarCallsSql } from './similar-calls.ts';

let ledger: EmbeddedLedger;

const NOON = parseInstant('2026-08-20T12:00:00Z', 0n);
const NOW = parseInstant('2026-08-20T13:00:00Z', 0n);
const acme: Reader = { tenant: 'acme', operator: false };
const INPUT = readSimilarInput(
  new URLSearchParams('from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z'),
  NOW,
);
const ACME = { tenant: 'acme', signal: new AbortController().signal };
const WISH = { threshold: 0.7, limit: 10, promptsMax: 100 };

type Booked = Pick<Entry, 'kind' | 'dimensions' | 'figures'>;

/** A call with a prompt of its own kind, and its entries. */
async function book(n: number, prompt: number, entries: readonly Booked[]): Promise<void> {
  const span = String(n).padStart(16, '0');
  const call = { tenant: 'acme', at: NOON + BigInt(n), trace: `trace${n}`, span };
  await ledger.insert(
    entries.map((entry, index) => ({ ...call, ...entry, recordedAt: NOON + BigInt(index) })),
  );
  const sketchHex = Buffer.from(Array.from({ length: 128 }, (_, i) => (i + 3) * prompt)).toString(
    'hex',
  );
  const facts = { maker: 'c1', sketchHex, boundaries: `end${prompt}.5` };
  await ledger.insertSpans([{ ...call, receivedAt: NOW, role: 'leaf', prompt: facts }]);
}

const charge = (cost: string, model: string): Booked => ({
  figures: { calls: '1', cost_usd: cost },
  dimensions: { model },
});

const statement = () => {
  const scope = openByteScope(ledger.store, acme, { by: [], filters: [] });
  return { scope, sql: similarCallsSql(scope, INPUT) };
};

async function bytesOfCalls(): Promise<Buffer> {
  const { scope, sql } = statement();
  const chunks: Uint8Array[] = [];
  for await (const chunk of await scope.bytes(sql, 'Native', {})) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* cut(bytes: Buffer, each: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += each) yield bytes.subarray(at, at + each);
}

beforeAll(async () => {
  ledger = await openEmbeddedLedger();
  await book(1, 11, [charge('0.1', 'a')]);
  await book(2, 11, [charge('0.2', 'b')]);
  // Taken back and charged anew as another model's.
  await book(3, 11, [
    charge('0.4', 'wrong'),
    {
      kind: 'reversal',
      figures: { calls: '-1', cost_usd: '-0.4' },
      dimensions: { model: 'wrong' },
    },
    charge('0.5', 'c'),
  ]);
  await book(4, 11, [
    charge('0.4', 'd'),
    { kind: 'reprice', figures: { calls: '0', cost_usd: '-0.1' }, dimensions: { model: 'd' } },
  ]);
  // Taken back for good: it is no call, and neither its model nor its time is of the group.
  await book(0, 11, [
    charge('3', 'mirror'),
    { kind: 'reversal', figures: { calls: '-1', cost_usd: '-3' }, dimensions: { model: 'mirror' } },
  ]);
  // Came through two collectors, and settle has not seen it yet.
  await book(5, 29, [charge('1', 'e'), charge('1', 'e')]);
  // An aggregate, and a mirror: what they used stays to be seen in an entry of no call.
  await book(7, 11, [{ figures: { calls: '0' }, dimensions: { model: 'aggregate' } }]);
  await book(8, 53, [{ figures: { calls: '0' }, dimensions: { model: 'aggregate' } }]);
  await book(6, 47, [charge('2', 'f')]);
});
afterAll(() => ledger.close());

describe('similar calls', () => {
  test('come to what their entries come to', async () => {
    const answer = await answerSimilar(ledger.store, acme, {
      input: INPUT,
      threads: new PromptThreads(),
      signal: ACME.signal,
    });
    expect(answer.rows).toMatchObject([
      { calls: 2, cost_usd: '2', distinct_prompts: 1, models: ['e'], trace_id: 'trace5' },
      {
        calls: 4,
        cost_usd: '1.1',
        distinct_prompts: 1,
        models: ['a', 'b', 'c', 'd'],
        first_at: '2026-08-20T12:00:00.000000001Z',
        last_at: '2026-08-20T12:00:00.000000004Z',
        trace_id: 'trace1',
      },
    ]);
    expect(answer).toMatchObject({
      alone: { calls: 1, cost_usd: '2' },
      uncovered: { without_sketch: { calls: 0, cost_usd: '0' } },
      totals: { calls: 7, cost_usd: '5.1' },
    });
  });

  test.each([1, 7, 1000])('are read from chunks of %i bytes as from one', async (each) => {
    const bytes = await bytesOfCalls();
    const told = (block: CallBlock) =>
      Array.from({ length: block.rows }, (_, row) => [
        block.call[2 * row],
        block.calls[row],
        block.costAtto[4 * row],
        block.maker[row],
        block.sketch[32 * row + 31],
        block.model.names[block.model.numbers[row]!],
      ]);
    // A block is good until the next.
    const rowsOf = async (chunks: AsyncIterable<Uint8Array>) => {
      const blocks = new CallBlocks();
      const rows: unknown[] = [];
      for await (const chunk of chunks) {
        for (const block of blocks.take(chunk)) rows.push(...told(block));
      }
      expect(blocks.isAtEnd).toBe(true);
      return rows;
    };
    const rows = await rowsOf(cut(bytes, each));
    expect(rows).toEqual(await rowsOf(cut(bytes, bytes.length)));
    // Seven entries or corrected calls, of which two are of one call.
    expect(rows).toHaveLength(7);
    expect(new Set(rows.map((row) => JSON.stringify(row))).size).toBe(6);
  });
});

describe('the thread that groups', () => {
  const open = async (each = 1000) => cut(await bytesOfCalls(), each);

  test('answers one question after the other, and the next one whatever became of the last', async () => {
    const threads = new PromptThreads();
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield (await bytesOfCalls()).subarray(0, 100);
      throw new Error('the engine is away');
    }
    const answers = await Promise.allSettled([
      threads.group(() => open(), WISH, ACME),
      threads.group(async () => failing(), WISH, ACME),
      threads.group(() => Promise.reject(new Error('no place')), WISH, ACME),
      threads.group(() => open(1), WISH, ACME),
    ]);
    expect(answers).toMatchObject([
      { status: 'fulfilled', value: { groups: [{ calls: 2 }, { calls: 4 }] } },
      { status: 'rejected', reason: new Error('the engine is away') },
      { status: 'rejected', reason: new Error('no place') },
      { status: 'fulfilled', value: { groups: [{ calls: 2 }, { calls: 4 }] } },
    ]);
  });

  test('says when an answer ends in the middle, or is none', async () => {
    const threads = new PromptThreads();
    const bytes = await bytesOfCalls();
    const half = threads.group(
      async () => cut(bytes.subarray(0, bytes.length - 9), 1000),
      WISH,
      ACME,
    );
    await expect(half).rejects.toThrow('ends in the middle of a block');
    const other = threads.group(async () => cut(Buffer.alloc(4096, 3), 1000), WISH, ACME);
    await expect(other).rejects.toThrow('a block has 3 columns; expected 10');
  });

  test('ends at once for who goes away, while it reads or groups, and the next has its turn', async () => {
    const threads = new PromptThreads();
    const stop = new AbortController();
    const asker = { tenant: 'acme', signal: stop.signal };
    const bytes = await bytesOfCalls();
    let isClosed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (let n = 0; ; n++) {
          if (n === 3) stop.abort(new Error('went away'));
          yield bytes;
        }
      } finally {
        isClosed = true;
      }
    }
    const reading = threads.group(async () => endless(), WISH, asker);
    const waiting = threads.group(() => Promise.reject(new Error('opened')), WISH, asker);
    const next = threads.group(() => open(), WISH, { ...ACME, tenant: 'globex' });
    await expect(waiting).rejects.toThrow('went away');
    await expect(reading).rejects.toThrow('went away');
    expect(isClosed).toBe(true);
    expect(await next).toMatchObject({ groups: [{ calls: 2 }, { calls: 4 }] });
  });

  test('gives up beyond its bound, and reads no further', async () => {
    const bytes = await bytesOfCalls();
    let isClosed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield bytes;
      } finally {
        isClosed = true;
      }
    }
    const wish = { ...WISH, promptsMax: 2 };
    expect(await new PromptThreads().group(async () => endless(), wish, ACME)).toBeUndefined();
    expect(isClosed).toBe(true);
  });
});
