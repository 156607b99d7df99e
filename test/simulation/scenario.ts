/** What happens in one simulated run besides crashes, drawn from its seed: who sends what, and which parts fail how. */
import { chat, requestOf, type TestSpan } from '@ai-cost-profiler/collector/test-road.ts';
import { Random } from '../kill/random.ts';
import type { DiskFaults } from './fake-disk.ts';
import type { EngineFaults } from './fake-engine.ts';
import { START_MS } from './world.ts';

/** A version of a span, and what the ledger must say of it. */
export interface SimSpan {
  readonly number: number;
  readonly version: number;
  readonly tenant: string;
  readonly trace: number;
  readonly parent: number | undefined;
  readonly startMs: number;
  /** Of a call; undefined for a span that is none. */
  readonly inputTokens: number | undefined;
  /** What the span itself says. */
  readonly user: string | undefined;
}

export interface Delivery {
  readonly tenant: string;
  readonly spans: readonly SimSpan[];
}

export interface Scenario {
  /** What each sender sends, in its order. */
  readonly senders: readonly (readonly Delivery[])[];
  readonly disk: DiskFaults;
  readonly engine: EngineFaults;
  /** Of a request whose answer never came to be given up: it may be stored, or not. */
  readonly abandonChance: number;
  /** Of a process that dies to take the power with it. */
  readonly powerChance: number;
  readonly segmentRowsMax: number;
  readonly openDaysMax: number;
}

const DAY_MS = 86_400_000;

export function drawScenario(seed: number): Scenario {
  const random = new Random(seed).fork(1);
  const isServer = random.chance(0.4);
  const shaky = random.chance(0.5);
  const failing = random.chance(0.3);
  const full = random.chance(0.2);
  const fullFromMs = START_MS + random.between(100, 2000);
  return {
    senders: drawSenders(random),
    disk: {
      failChance: failing ? 0.01 : 0,
      fullFromMs: full ? fullFromMs : 0,
      fullToMs: full ? fullFromMs + random.between(100, 3000) : 0,
      keepsOrder: random.chance(0.5),
    },
    engine: {
      mode: isServer ? 'server' : 'embedded',
      lostAnswerChance: shaky ? 0.1 : 0,
      giveUpChance: shaky ? 0.15 : 0,
      lateChance: shaky ? 0.08 : 0,
      viewErrorChance: shaky ? 0.03 : 0,
      askErrorChance: shaky ? 0.03 : 0,
      crashChance: shaky ? 0.02 : 0,
    },
    abandonChance: 0.15,
    powerChance: 0.6,
    segmentRowsMax: random.pick([6, 14, 60]),
    openDaysMax: random.pick([1, 2, 4]),
  };
}

function drawSenders(random: Random): Delivery[][] {
  let number = 0;
  let trace = 0;
  const drawStart = () => {
    const daysAgo = random.pick([0, 0, 0, 0, 1, 1, 2, 3, 40]);
    return START_MS - daysAgo * DAY_MS - random.below(3_600_000);
  };
  const drawTrace = (tenant: string): SimSpan[] => {
    trace++;
    const common = { version: 0, tenant, trace };
    const startMs = drawStart();
    const parent = number++;
    const isCall = random.chance(0.5);
    const user = random.pick([undefined, 'ada', 'grace']);
    const inputTokens = isCall ? 100 + parent : undefined;
    const spans: SimSpan[] = [
      { ...common, number: parent, parent: undefined, startMs, inputTokens, user },
    ];
    for (let children = isCall ? 0 : random.below(3); children > 0; children--) {
      // Now and then a child starts on the next day.
      const late = random.chance(0.1) ? DAY_MS : 1;
      const child = number++;
      const startsMs = Math.min(START_MS, startMs + late);
      const own = { number: child, parent, startMs: startsMs, inputTokens: 100 + child };
      spans.push({ ...common, ...own, user: undefined });
    }
    return spans;
  };
  return Array.from({ length: 3 }, () => {
    const tenant = random.pick(['acme', 'globex']);
    const spans = Array.from({ length: random.between(3, 8) }, () => drawTrace(tenant)).flat();
    return drawDeliveries(random, tenant, spans);
  });
}

/** The spans in requests of a few, then some once more: as other bytes, or as a pipeline sends again what it had. */
function drawDeliveries(random: Random, tenant: string, spans: SimSpan[]): Delivery[] {
  const deliveries: Delivery[] = [];
  for (let at = 0; at < spans.length; ) {
    const count = random.between(1, 6);
    deliveries.push({ tenant, spans: spans.slice(at, at + count) });
    at += count;
  }
  for (let again = random.below(3); again > 0; again--) {
    const some = random.shuffle(spans).slice(0, random.between(1, 5));
    deliveries.push({ tenant, spans: some });
  }
  const calls = spans.filter(({ inputTokens }) => inputTokens !== undefined);
  if (calls.length > 0 && random.chance(0.3)) {
    const call = random.pick(calls);
    const changed = { ...call, version: 1, inputTokens: 5000 + call.number };
    deliveries.push({ tenant, spans: [changed] });
  }
  return deliveries;
}

/** The delivery as an OTLP request in JSON. */
export function requestBytes({ spans }: Delivery): Uint8Array {
  return requestOf(spans.map(testSpan));
}

function testSpan({
  number,
  trace,
  parent,
  startMs,
  inputTokens,
  user,
  version,
}: SimSpan): TestSpan {
  const own = user === undefined ? {} : { 'user.id': user };
  return {
    span: number,
    trace,
    startMs,
    attributes:
      inputTokens === undefined
        ? { ...own, 'http.request.method': 'GET' }
        : chat(inputTokens, { ...own, revision: version }),
    fields: parent === undefined ? {} : { parentSpanId: spanIdOf(parent) },
  };
}

export const spanIdOf = (number: number): string => (number + 1).toString(16).padStart(16, '0');

/** What a call of gpt-4o costs: 2.50 USD per million tokens in, 10 per million out, 10 tokens out (test-road.ts). */
export const costAttoOf = (inputTokens: number): bigint =>
  BigInt(inputTokens) * 2_500_000_000_000n + 10n * 10_000_000_000_000n;
