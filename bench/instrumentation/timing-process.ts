/**
 * What one instrumentation costs, in a process of its own (`node --expose-gc timing-process.ts <name> <rounds>`): the
 * SDK without it and with it in turns, in one process, so that both have the same machine. Without content where that
 * can be said. Prints a Cost as JSON.
 */
import { setImmediate } from 'node:timers/promises';
import { CollectedSpans } from './collected-spans.ts';
import { constantFetch } from './fake-answers.ts';
import { instrumentationNamed, type Loaded, loadWith } from './instrumentations.ts';
import { type OpenAiClient, openClient, readChunks } from './openai-client.ts';

/** Added by the instrumentation. */
export interface Cost {
  /** A call that is not streamed, median of the rounds; and what it takes without. */
  readonly callUs: number;
  readonly bareCallUs: number;
  /** One piece of a stream. */
  readonly chunkUs: number;
  readonly bareChunkUs: number;
  /** Held by a stream of which 400 pieces were read and that goes on. */
  readonly openBytes: number;
  /** Left by a call that has ended. */
  readonly leftBytes: number;
  /** So many spans came of it: it did work. */
  readonly spans: number;
}

const CALLS_PER_TURN = 5;
/** The kernel counts a thread's time by ticks of 4 ms where it does not look closer: a round takes many of them. */
const CALLS_PER_ROUND = 4_000;
const STREAMS_PER_ROUND = 100;
const FEW = 20;
const MANY = 420;
const OPEN_STREAMS = 60;
const READ_CHUNKS = 400;
const ENDED_CALLS = 4_000;

type Ask = (client: OpenAiClient) => Promise<unknown>;
interface Both {
  readonly bare: OpenAiClient;
  readonly watched: OpenAiClient;
}

const REQUEST = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Say four words.' }] };
const STREAM = { ...REQUEST, stream: true, stream_options: { include_usage: true } };
const askWhole: Ask = (client) => client.chat.completions.create(REQUEST);
const open: Ask = (client) => client.chat.completions.create(STREAM);
const askStream: Ask = async (client) => {
  for await (const _ of (await open(client)) as AsyncIterable<unknown>);
};

function bothWith(
  { bare, watched, attached }: Loaded,
  fetch: ReturnType<typeof constantFetch>,
): Both {
  const own = openClient(watched, fetch);
  return { bare: openClient(bare, fetch), watched: attached.wrap?.(own) ?? own };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Of this thread, so that nobody else on the machine counts; the provider answers at once, so nothing waits. */
function threadUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/**
 * Of one of a round, in µs. The event loop turns now and then, as it does where answers come from a network: what is
 * held until it does would pile up.
 */
async function timeRound(client: OpenAiClient, ask: Ask, count: number): Promise<number> {
  const startUs = threadUs();
  for (let i = 0; i < count; i++) {
    if (i % CALLS_PER_TURN === 0) await setImmediate();
    await ask(client);
  }
  return (threadUs() - startUs) / count;
}

interface Times {
  readonly bareUs: number;
  readonly addedUs: number;
}

/** In turns; the first quarter of the rounds warms up. */
async function timeBoth(
  { bare, watched }: Both,
  ask: Ask,
  [rounds, count]: [number, number],
): Promise<Times> {
  const bareUs: number[] = [];
  const addedUs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const isFirst = round % 2 === 0;
    const one = await timeRound(isFirst ? bare : watched, ask, count);
    const other = await timeRound(isFirst ? watched : bare, ask, count);
    if (round >= rounds / 4) {
      bareUs.push(isFirst ? one : other);
      addedUs.push(isFirst ? other - one : one - other);
    }
  }
  return { bareUs: median(bareUs), addedUs: median(addedUs) };
}

function heapBytes(): number {
  for (let i = 0; i < 3; i++) globalThis.gc!();
  return process.memoryUsage().heapUsed;
}

/** Bytes that each of many half-read streams holds. */
async function openBytes(client: OpenAiClient): Promise<number> {
  const before = heapBytes();
  const held: AsyncIterator<unknown>[] = [];
  for (let i = 0; i < OPEN_STREAMS; i++) {
    const stream = (await open(client)) as AsyncIterable<unknown>;
    const iterator = stream[Symbol.asyncIterator]();
    for (let n = 0; n < READ_CHUNKS; n++) await iterator.next();
    held.push(iterator);
  }
  const bytes = (heapBytes() - before) / held.length;
  for (const iterator of held) await iterator.return?.();
  return bytes;
}

async function leftBytes(client: OpenAiClient): Promise<number> {
  const before = heapBytes();
  for (let i = 0; i < ENDED_CALLS; i++) await askWhole(client);
  return (heapBytes() - before) / ENDED_CALLS;
}

async function measure(name: string | undefined, rounds: number): Promise<Cost> {
  const spans = new CollectedSpans();
  const loaded = await loadWith(instrumentationNamed(name), { isContent: false, spans });
  const whole = bothWith(loaded, constantFetch('whole'));
  const few = bothWith(loaded, constantFetch('stream', FEW));
  const many = bothWith(loaded, constantFetch('stream', MANY));
  const calls = await timeBoth(whole, askWhole, [rounds, CALLS_PER_ROUND]);
  const short = await timeBoth(few, askStream, [rounds, STREAMS_PER_ROUND]);
  const long = await timeBoth(many, askStream, [rounds, STREAMS_PER_ROUND]);
  await readChunks(await open(many.watched));
  return {
    callUs: calls.addedUs,
    bareCallUs: calls.bareUs,
    chunkUs: (long.addedUs - short.addedUs) / (MANY - FEW),
    bareChunkUs: (long.bareUs - short.bareUs) / (MANY - FEW),
    openBytes: (await openBytes(many.watched)) - (await openBytes(many.bare)),
    leftBytes: (await leftBytes(whole.watched)) - (await leftBytes(whole.bare)),
    spans: spans.count,
  };
}

const [, , name, rounds] = process.argv;
process.stdout.write(JSON.stringify(await measure(name, Number(rounds))));
