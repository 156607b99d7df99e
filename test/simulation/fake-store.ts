/** The store that one process has of the fake engine: each of its calls takes time, may fail, and may be the last. */
import type { StoreParams } from '@ai-cost-profiler/clickhouse/call-options.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { answerQuery, answerRows } from './engine-answers.ts';
import type { FakeEngine } from './fake-engine.ts';
import type { Mortal, World } from './world.ts';

const ASK_MS_MAX = 5;
const SHOWN_CHARS = 40;

export function createFakeStore(world: World, engine: FakeEngine, owner: Mortal): Store {
  const { tables } = engine;
  const ask = <T>(what: string, answer: () => T) =>
    askEngine({ world, engine, owner }, what, answer);
  const query = <Row>(how: string, sql: string, params: StoreParams = {}) =>
    ask(`${how} ${sql.slice(0, SHOWN_CHARS)}`, () => answerQuery(tables, sql, params) as Row[]);
  return {
    kind: engine.faults.mode,
    cluster: null,
    database: 'aicost',
    query: (sql, params) => query('query', sql, params),
    async *queryStream<Row>(sql: string, params?: StoreParams) {
      yield* await query<Row>('stream', sql, params);
      return undefined;
    },
    raw: async (sql, _format, params = {}) => {
      const bytes = await ask(`raw ${sql.slice(0, SHOWN_CHARS)}`, () =>
        answerRows(tables, sql, params),
      );
      return inOnePiece(bytes) as never;
    },
    insertRows: (table, rows) => ask(`insert into ${table}`, () => tables.mark(rows)),
    insertNativeFile: (path, insert) => engine.insert(owner, { path, ...insert }),
    insertNativeStream: () => Promise.reject(new Error('no stream is expected')),
    isRunning: (queryId) => ask(`is running ${queryId}`, () => engine.isRunning(queryId)),
    kill: (queryId) => ask(`kill ${queryId}`, () => engine.kill(queryId)),
    command: () => Promise.reject(new Error('no command is expected')),
    ping: () => ask('ping', () => undefined),
    createDatabase: () => Promise.reject(new Error('no database is expected')),
    close: () => Promise.resolve(),
  };
}

async function* inOnePiece(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

function askEngine<T>(
  { world, engine, owner }: { world: World; engine: FakeEngine; owner: Mortal },
  what: string,
  answer: () => T,
): Promise<T> {
  const progress = owner.isDead ? 'before' : world.point(owner, what);
  if (progress !== undefined) {
    if (progress === 'after') answer();
    return new Promise(() => undefined);
  }
  return new Promise((resolve, reject) => {
    const happen = () => {
      const failure = engine.failureOfQuestion();
      if (failure === undefined) {
        resolve(answer());
      } else {
        // It may have been done all the same.
        if (!engine.isDown && world.random.chance(0.5)) answer();
        reject(failure);
      }
    };
    world.later(world.random.next() * ASK_MS_MAX, happen, owner);
  });
}
