/** The spans that scenes are made of: requests, calls, agents and tools, each with the entry it must come to. */
import { SpanKind } from '@opentelemetry/api';
import type { Scene, SceneBill, ScenePart, SpanTold } from './scene.ts';
import { NOBODY, type Whom } from './sent-spans.ts';
import { call, LEAF_KINDS, type SpanKindSpec, type Told } from './span-kinds.ts';

const MODEL = 'gpt-4o-2024-08-06';
/** Kinds of calls that tell usage. */
const CALLS = LEAF_KINDS.filter((kind) => kind.usage(0) !== undefined);
/** n of a call is below this. */
export const VARIANTS = 200;

/** Where a span stands. */
type Place = Pick<SpanTold, 'fromMs' | 'untilMs'> &
  Partial<Pick<SpanTold, 'parent' | 'trace' | 'kind' | 'service'>>;

/** A request that tells for whom everything below it is. */
export function request(scene: Scene, whom: Partial<Whom>, place: Partial<Place> = {}): ScenePart {
  const { user, session, feature, team } = { ...NOBODY, ...whom };
  const told = { 'user.id': user, 'session.id': session, 'aicost.feature': feature };
  const attributes = Object.fromEntries(
    Object.entries({ ...told, 'aicost.tag.team': team }).filter(([, value]) => value !== ''),
  );
  const kind = SpanKind.SERVER;
  return scene.span({
    name: 'POST /ask',
    role: 'not_llm',
    kind,
    fromMs: 0,
    untilMs: 60_000,
    attributes: { 'http.request.method': 'POST', ...attributes },
    ...place,
  });
}

/** One call of a kind, with what its entry must say. */
interface SomeCall {
  kind: SpanKindSpec;
  n: number;
}

export function drawCall(scene: Scene): SomeCall {
  return { kind: scene.random.pick(CALLS), n: scene.random.below(VARIANTS) };
}

export function chat(
  scene: Scene,
  { kind, n }: SomeCall,
  place: Place,
  told: { whom: Partial<Whom>; role?: SceneBill['role']; responseId?: string },
): ScenePart {
  return scene.span({ ...chatTold({ kind, n }, told), ...place });
}

export function chatTold(
  { kind, n }: SomeCall,
  {
    whom,
    role = 'leaf',
    responseId,
  }: { whom: Partial<Whom>; role?: SceneBill['role']; responseId?: string },
): Pick<SpanTold, 'name' | 'role' | 'attributes' | 'bill'> {
  const { name, provider, model, usage, otherReading } = kind;
  const attributes = {
    ...kind.attributes(n),
    ...(responseId === undefined ? {} : { 'gen_ai.response.id': responseId }),
  };
  const quantities = { usage: usage(n), otherReading: otherReading?.(n) };
  return { name, role: 'leaf', attributes, bill: { role, provider, model, ...quantities, whom } };
}

/** An agent's own report of usage. */
export function agent(
  scene: Scene,
  place: Place,
  told: {
    name: string;
    input: number;
    output: number;
    role: SceneBill['role'];
    whom: Partial<Whom>;
  },
): ScenePart {
  const { name, input, output, role, whom } = told;
  const usage = { in_uncached: BigInt(input), out_text: BigInt(output) };
  return scene.span({
    name: `invoke_agent ${name}`,
    role: 'aggregate',
    kind: SpanKind.INTERNAL,
    attributes: {
      ...call('openai', MODEL, 'invoke_agent', { input_tokens: input, output_tokens: output }),
      'gen_ai.agent.name': name,
    },
    bill: { role, provider: 'openai', model: MODEL, usage, whom: { ...whom, agent: name } },
    ...place,
  });
}

export function tool(scene: Scene, place: Place): void {
  const attributes = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' };
  scene.span({ name: 'execute_tool search', role: 'non_billable', attributes, ...place });
}

export function plain(input: number, output: number): SomeCall {
  const told: Told = { input_tokens: input, output_tokens: output };
  const kind: SpanKindSpec = {
    name: `chat ${MODEL}`,
    role: 'leaf',
    provider: 'openai',
    model: MODEL,
    attributes: () => call('openai', MODEL, 'chat', told),
    usage: () => ({ in_uncached: BigInt(input), out_text: BigInt(output) }),
  };
  return { kind, n: 0 };
}
