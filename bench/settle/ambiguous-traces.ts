/**
 * Traces of ten spans that no request can decide: their root names a parent that never comes (a browser, a service
 * without instrumentation), so that settle has to look at each. A unit is five of them: an agent that repeats the sum
 * of its calls; a framework's span around each call of the provider's SDK; a client and, in another trace and another
 * request, the gateway that served it; and calls that only their root tells the user, session, feature and tag of.
 */
import { OTHER_NUMBER, OWN_NUMBER, type UnitSpan } from './templates.ts';

export const TRACES_PER_UNIT = 5;
const SPANS_PER_TRACE = 10;

/** What the calls of one unit come to once its twin in another unit is settled with it. */
export const BILLED_PER_UNIT = { calls: 14n, input: 14_000n, output: 2_800n } as const;
/** USD per token of the model, in atto-dollars: 2.50 and 10 USD per million. */
const INPUT_ATTO = 2_500_000_000_000n;
const OUTPUT_ATTO = 10_000_000_000_000n;
export const COST_PER_UNIT_ATTO =
  BILLED_PER_UNIT.input * INPUT_ATTO + BILLED_PER_UNIT.output * OUTPUT_ATTO;

const MODEL = 'gpt-4o-2024-08-06';
const NEVER_SENT = 15;
const SERVER = 2;
const CLIENT = 3;
const INTERNAL = 1;

type Attributes = UnitSpan['attributes'];

const WHOM: Attributes = [
  ['user.id', `user-${OWN_NUMBER}`],
  ['session.id', `session-${OWN_NUMBER}`],
  ['aicost.feature', 'ticket-summary'],
  ['aicost.tag.plan', 'pro'],
];

function llm(operation: string, calls: number, more: Attributes = []): Attributes {
  return [
    ['gen_ai.operation.name', operation],
    ['gen_ai.provider.name', 'openai'],
    ['gen_ai.request.model', MODEL],
    ['gen_ai.usage.input_tokens', 1000 * calls],
    ['gen_ai.usage.output_tokens', 200 * calls],
    ...more,
  ];
}

/** The spans of one trace, one after the other, each with its parent. */
class Trace {
  readonly spans: UnitSpan[] = [];
  private readonly trace: number;
  private readonly service: string;

  constructor(trace: number, service: string, name: string, attributes: Attributes) {
    this.trace = trace;
    this.service = service;
    this.add(NEVER_SENT, { name, kind: SERVER, attributes });
  }

  add(
    parent: number,
    { name, kind, attributes = [], scope = 'app' }: Partial<UnitSpan> & { name: string },
  ): number {
    const span = this.spans.length;
    const { trace, service } = this;
    const [startMs, endMs] =
      parent === NEVER_SENT ? [0, 900] : [20 * span + trace, 20 * span + trace + 15];
    this.spans.push({
      ...{ trace, span, parent, service, name, kind: kind ?? INTERNAL, scope },
      ...{ startMs, endMs, attributes },
    });
    return span;
  }

  chat(parent: number, more: Attributes = []): number {
    const attributes = llm('chat', 1, more);
    return this.add(parent, { name: `chat ${MODEL}`, kind: CLIENT, scope: 'openai', attributes });
  }

  /** Fills up with spans that are no calls. */
  whole(): UnitSpan[] {
    while (this.spans.length < SPANS_PER_TRACE) {
      const attributes: Attributes = [['db.system.name', 'postgresql']];
      this.add(0, { name: 'SELECT documents', kind: CLIENT, scope: 'pg', attributes });
    }
    return this.spans;
  }
}

function agent(): UnitSpan[] {
  const trace = new Trace(0, 'support', 'POST /support', []);
  const root = trace.add(0, {
    name: 'invoke_agent triage',
    endMs: 800,
    attributes: llm('invoke_agent', 3, [...WHOM, ['gen_ai.agent.name', 'triage']]),
  });
  for (let call = 0; call < 3; call++) {
    trace.chat(root, [...WHOM, ['gen_ai.agent.name', 'triage']]);
    const attributes: Attributes = [['gen_ai.operation.name', 'execute_tool']];
    trace.add(root, { name: 'execute_tool search', attributes });
  }
  return trace.whole();
}

function mirrors(): UnitSpan[] {
  const trace = new Trace(1, 'search', 'GET /search', []);
  for (let call = 0; call < 2; call++) {
    const attributes = llm('chat', 1, WHOM);
    const outer = trace.add(0, { name: 'ChatOpenAI', scope: 'langchain', attributes });
    const inner = trace.chat(outer, WHOM);
    const last = trace.spans[inner]!;
    trace.spans[outer] = { ...trace.spans[outer]!, endMs: last.endMs + 1 };
  }
  return trace.whole();
}

/** Three calls, each told by its response id, which the gateway's trace tells too. */
function client(): UnitSpan[] {
  const trace = new Trace(2, 'shop', 'POST /checkout', []);
  for (let call = 0; call < 3; call++) {
    trace.chat(0, [...WHOM, ['gen_ai.response.id', `chatcmpl-c0ffee${call}d5-${OWN_NUMBER}`]]);
  }
  return trace.whole();
}

function gateway(): UnitSpan[] {
  const trace = new Trace(3, 'gateway', 'POST /v1/chat', []);
  for (let call = 0; call < 3; call++) {
    const attributes = llm('chat', 1, [
      ['gen_ai.response.id', `chatcmpl-c0ffee${call}d5-${OTHER_NUMBER}`],
    ]);
    trace.add(0, { name: 'proxy chat', kind: SERVER, scope: 'gateway', attributes });
  }
  return trace.whole();
}

function inheriting(): UnitSpan[] {
  const trace = new Trace(4, 'summaries', 'POST /summaries', WHOM);
  for (let call = 0; call < 6; call++) trace.chat(0);
  return trace.whole();
}

/** The spans of one unit. */
export function ambiguousUnit(): UnitSpan[] {
  return [agent(), mirrors(), client(), gateway(), inheriting()].flat();
}
