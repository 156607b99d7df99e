/** Runs the cases against a receiver, one after the other: a case that brings it down must be known by its name. */
import { CONVERSATIONS, KEY_CONVERSATIONS, SLOW_CONVERSATIONS } from './cases/conversations.ts';
import { GRPC_CASES } from './cases/grpc.ts';
import { JSON_CASES } from './cases/json.ts';
import { REFUSED } from './cases/refused.ts';
import { SIZES } from './cases/sizes.ts';
import { TAKEN } from './cases/taken.ts';
import type {
  ConformanceCase,
  ConversationCase,
  Level,
  Receiver,
  RequestData,
  Way,
} from './conformance-case.ts';
import { holdConversation } from './hold-conversation.ts';
import { judgeAnswer } from './judge-answer.ts';
import { GOOD } from './messages.ts';
import { sendRequest } from './send-request.ts';
import { nameOf, WAYS } from './ways.ts';

/** The column of conversations below the level of requests. */
const CONNECTION = 'connection';

export interface CaseResult {
  readonly name: string;
  readonly level: Level;
  readonly section: string;
  /** By the name of the way: undefined where it went well, else what was wrong. */
  readonly columns: ReadonlyMap<string, string | undefined>;
}

export interface SuiteResult {
  readonly results: readonly CaseResult[];
  /** All columns of the table. */
  readonly columns: readonly string[];
}

const GOOD_REQUEST: RequestData = { payload: { kind: 'message', message: GOOD.traces } };
const TAKE = { outcome: ['taken'] } as const;

/** @param isWanted told the name of each case before it runs; whether it should */
export async function runSuite(
  receiver: Receiver,
  isWanted: (name: string) => boolean,
): Promise<SuiteResult> {
  const reachable = WAYS.filter(({ transport }) =>
    transport === 'grpc' ? receiver.grpcUrl !== null : receiver.httpUrl !== null,
  );
  const { taken, results } = await probe(reachable, receiver);
  for (const one of casesFor(receiver)) {
    const ways = one.ways.filter((way) => taken.includes(way));
    if (ways.length === 0 || !isWanted(one.name)) continue;
    const columns = new Map<string, string | undefined>();
    for (const way of ways) columns.set(nameOf(way), await runCase(one, way, receiver));
    results.push({ name: one.name, level: one.level, section: one.section, columns });
  }
  for (const one of conversationsFor(receiver)) {
    if (!isWanted(one.name)) continue;
    const wrong = await runConversation(one, receiver);
    const columns = new Map([[CONNECTION, wrong]]);
    results.push({ name: one.name, level: one.level, section: one.section, columns });
  }
  return { results, columns: [...reachable.map(nameOf), CONNECTION] };
}

/** A receiver must take none and gzip; of other codings it is asked, and cases go on with those it takes. */
async function probe(ways: readonly Way[], receiver: Receiver) {
  const taken: Way[] = [];
  const results: CaseResult[] = [];
  for (const way of ways) {
    const isRequired = way.coding === 'none' || way.coding === 'gzip';
    const wrong = isRequired ? undefined : await runCase(GOOD_CASE, way, receiver);
    if (wrong === undefined) taken.push(way);
    if (isRequired) continue;
    const name = `A request over ${way.transport} may be compressed with ${way.coding}`;
    results.push({ name, level: 'MAY', section: '', columns: new Map([[nameOf(way), wrong]]) });
  }
  return { taken, results };
}

const GOOD_CASE: ConformanceCase = {
  name: 'A good request is taken',
  level: 'MUST',
  section: 'Full Success',
  ways: WAYS,
  request: GOOD_REQUEST,
  outcome: ['taken'],
};

function casesFor({ key, limitBytes }: Receiver): readonly ConformanceCase[] {
  return [...TAKEN, ...JSON_CASES, ...GRPC_CASES, ...REFUSED, ...SIZES]
    .filter(({ request }) => key !== null || request.key === undefined)
    .filter(({ request }) => limitBytes !== null || !needsLimit(request));
}

const needsLimit = ({ payload }: RequestData): boolean =>
  payload.kind === 'share of the limit' || payload.kind === 'bomb';

function conversationsFor({ httpUrl, key, slowMs }: Receiver): readonly ConversationCase[] {
  if (httpUrl === null) return [];
  return [
    ...CONVERSATIONS,
    ...(key === null ? [] : KEY_CONVERSATIONS),
    ...(slowMs === null ? [] : SLOW_CONVERSATIONS),
  ];
}

async function runCase(
  one: ConformanceCase,
  way: Way,
  receiver: Receiver,
): Promise<string | undefined> {
  try {
    const wrong = judgeAnswer(await sendRequest(one.request, way, receiver), one, way);
    if (wrong !== undefined || !one.isHostile) return wrong;
    return await isStillWell(way, receiver);
  } catch (error) {
    return `no answer: ${textOf(error)}`;
  }
}

async function runConversation(
  one: ConversationCase,
  receiver: Receiver,
): Promise<string | undefined> {
  try {
    const wrong = await holdConversation(one, receiver);
    if (wrong !== undefined || !one.isHostile) return wrong;
    return await isStillWell({ transport: 'http/json', coding: 'none' }, receiver);
  } catch (error) {
    return textOf(error);
  }
}

async function isStillWell(way: Way, receiver: Receiver): Promise<string | undefined> {
  const plainWay = { ...way, coding: 'none' } as const;
  const wrong = judgeAnswer(await sendRequest(GOOD_REQUEST, plainWay, receiver), TAKE, plainWay);
  return wrong && `afterwards a good request is answered ${wrong}`;
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
