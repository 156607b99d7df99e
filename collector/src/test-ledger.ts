/**
 * A whole ledger for tests: the real engine with its tables, filled by the real road (decode to journal, writer,
 * settle). Invariant: what `send` and `settle` did is stored when they resolve.
 */
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { borrowMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-kept-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { DialectDefinition } from './normalise/dialect.ts';
import { DIALECTS } from './normalise/dialects.ts';
import { Normaliser } from './normalise/normalise.ts';
import { loadPriceBook } from './price/load-book.ts';
import type { PriceBook } from './price/price-book.ts';
import { createPriceNow } from './price-now.ts';
import type { AcceptOutcome } from './receive/take-request.ts';
import { appendVersions } from './reprice/append-versions.ts';
import type { Appended } from './reprice/reprice-step.ts';
import { CardinalityGuard } from './rows/cardinality-guard.ts';
import type { LedgerEntry } from './rows/ledger-entry.ts';
import type { EntryMaker } from './settle/difference.ts';
import { LateBatches } from './settle/late-batches.ts';
import type { Reentered } from './settle/look-again.ts';
import { createEntryMaker } from './settle/make-entries.ts';
import { OpenTraces } from './settle/open-traces.ts';
import { type SettleOwnership, SOLE_OWNER } from './settle/ownership/settle-ownership.ts';
import type { SettleProgress } from './settle/settle-progress.ts';
import { Settler } from './settle/settler.ts';
import type { PriceNow } from './settle/standing-amounts.ts';
import { NOW_MS, openRoad, type TestRoad, type TestSpan } from './test-road.ts';
import { Landing } from './write/landing.ts';
import { Writer } from './write/writer.ts';

export interface TestLedger {
  readonly store: Store;
  readonly price: PriceNow;
  /** What its collector remembers of open traces. */
  readonly open: OpenTraces;
  /** The book of every tenant; set another to move on. */
  book: PriceBook;
  /** The dialects that read what is sent; set others for a collector of another release. */
  rules: readonly DialectDefinition[];
  /** As with --content on. */
  isContentStored: boolean;
  /** Whether its collector is the only one. */
  isAlone: boolean;
  /** Who it is to other settlers; nobody knows of it at first. */
  ownership: SettleOwnership;
  /** What its collector put back into the queue; nothing at first. */
  reentered: Reentered | undefined;
  /** When requests come in; settle runs a second later. Milliseconds since 1970. */
  clockMs: number;
  /** Spans as a request of `acme`, or of another tenant. */
  send(spans: readonly TestSpan[], tenant?: string): Promise<void>;
  /** A request of each tenant, stored with one insert: an insert costs the engine the same however few its rows are. */
  sendAll(
    requests: readonly (readonly [tenant: string, spans: readonly TestSpan[]])[],
  ): Promise<void>;
  /** A request in OTLP/JSON, as it came: of `acme`, or of another tenant. */
  sendRequest(request: Uint8Array, tenant?: string): Promise<AcceptOutcome>;
  /** A request of log records, in OTLP/JSON: of `acme`, or of another tenant. */
  sendLogs(request: object, tenant?: string): Promise<AcceptOutcome>;
  /** `through`: another way to the same tables. */
  settle(through?: Store): Promise<SettleProgress>;
  append(entries: readonly LedgerEntry[]): Promise<void>;
  /** As reprice appends; `maker` is what it makes entries with. */
  appendVersions(appended: Appended): Promise<void>;
  readonly maker: EntryMaker;
  remove(): Promise<void>;
}

const LATER_MS = 1_000;

export async function openTestLedger(): Promise<TestLedger> {
  const engine: TestEngine = await borrowMigratedEngine();
  const store = createStore({
    kind: 'embedded',
    database: 'aicost',
    ...storeAddress(engine.address),
  });
  const landing = await Landing.read(store);
  const open = new OpenTraces({ idleMsMax: 60_000 });
  const withRoad = async <T>(work: (road: TestRoad) => Promise<T>): Promise<T> => {
    const normaliser = new Normaliser(ledger.rules);
    const { isContentStored } = ledger;
    const change = { nowMs: () => ledger.clockMs, normaliser, open };
    const road = await openRoad({ isContentStored, change });
    try {
      const result = await work(road);
      await road.close();
      await writeAll(store, landing, road);
      return result;
    } finally {
      await road.remove();
    }
  };
  const late = new LateBatches({ isOwn: () => ledger.isAlone, nowMs: () => ledger.clockMs });
  const bookFor = (): PriceBook => ledger.book;
  const nowNs = () => BigInt(ledger.clockMs + LATER_MS) * 1_000_000n;
  const maker = createEntryMaker({ bookFor, guard: new CardinalityGuard(), nowNs });
  const ledger: TestLedger = {
    store,
    open,
    price: createPriceNow({
      bookFor,
      bookOf: (_tenant, version) => (ledger.book.version === version ? ledger.book : undefined),
    }),
    book: loadPriceBook(),
    maker,
    rules: DIALECTS,
    isContentStored: false,
    isAlone: true,
    ownership: SOLE_OWNER,
    reentered: undefined,
    clockMs: NOW_MS,
    send: (spans, tenant) => withRoad(async (road) => void (await road.send(spans, tenant))),
    sendAll: (requests) =>
      withRoad(async (road) => {
        for (const [tenant, spans] of requests) await road.send(spans, tenant);
      }),
    sendRequest: (request, tenant) => withRoad((road) => road.sendBytes(request, 'json', tenant)),
    sendLogs: (request, tenant) => withRoad((road) => road.sendLogs(request, tenant)),
    settle: (through = store) =>
      withRoad(({ journal }) =>
        new Settler({
          store: through,
          journal,
          maker,
          open,
          settleAfterMs: 0,
          nowMs: () => ledger.clockMs + LATER_MS,
          sinceMs: ledger.clockMs,
          late,
          ownership: ledger.ownership,
          ...(ledger.reentered === undefined ? {} : { reentered: ledger.reentered }),
          // Everything is written when its road is closed.
          stored: async () => undefined,
        }).settle({ all: false }),
      ),
    append: (entries) => ledger.appendVersions({ spans: [], entries }),
    appendVersions: (appended) => withRoad(({ journal }) => appendVersions(journal, appended)),
    async remove() {
      await store.close();
      await engine.remove();
    },
  };
  return ledger;
}

async function writeAll(store: Store, landing: Landing, { journal }: TestRoad): Promise<void> {
  const { queue } = journal;
  if (queue.count === 0) {
    return;
  }
  const failures: unknown[] = [];
  const writer = new Writer({
    store,
    landing,
    queue,
    nowMs: () => NOW_MS,
    random: () => 0,
    onEvent: (event) => {
      if (event.kind === 'set_aside' || event.kind === 'failed') {
        failures.push(event);
      }
      if (queue.count === 0 || failures.length > 0) {
        queue.close();
      }
    },
  });
  await writer.run();
  if (failures.length > 0) {
    throw new Error(`the writer did not store all: ${JSON.stringify(failures)}`);
  }
}
