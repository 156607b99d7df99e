/**
 * Which metrics are control totals: counters of tokens and of cost that LLM applications keep beside their spans and
 * logs. They are never billed; they tell what a sender believes it used. Data: a new metric is a new line. Sources:
 * OTel GenAI conventions (metrics); Claude Code monitoring docs; gemini-cli, codex-rs, LiteLLM, Quarkus, pydantic-ai.
 */

/** A metric's name, or the beginning of several (with a dot at its end). */
const TOKEN_METRICS: readonly string[] = [
  'gen_ai.client.token.usage',
  'gen_ai.client.inference.usage.',
  'claude_code.token.usage',
  'gemini_cli.token.usage',
  'codex.turn.token_usage',
];

const COST_METRICS: readonly string[] = [
  'claude_code.cost.usage',
  // LiteLLM, Quarkus, pydantic-ai.
  'gen_ai.usage.cost',
  'gen_ai.client.token.cost',
  'gen_ai.client.estimated_cost',
  'operation.cost',
];

const MODEL_NAMES = ['gen_ai.response.model', 'gen_ai.request.model', 'model'];
const TYPE_NAMES = ['gen_ai.token.type', 'type', 'token_type'];
const SESSION_NAMES = ['gen_ai.conversation.id', 'session.id', 'conversation.id'];

export type ControlUnit = 'tokens' | 'usd';

/** What is counted under this name; undefined: no control total. */
export function unitOfMetric(name: string): ControlUnit | undefined {
  const isNamed = (known: string) =>
    known.endsWith('.') ? name.startsWith(known) : name === known;
  if (TOKEN_METRICS.some(isNamed)) return 'tokens';
  return COST_METRICS.some(isNamed) ? 'usd' : undefined;
}

/** The attributes that tell a control total apart; '' where a point does not tell. */
export function labelsOf(
  metric: string,
  attributes: ReadonlyMap<string, string>,
  resource: ReadonlyMap<string, string>,
): { service: string; session: string; model: string; tokenType: string } {
  const first = (names: readonly string[]) =>
    names.map((name) => attributes.get(name)).find((value) => value !== undefined) ?? '';
  const prefix = TOKEN_METRICS.find((known) => known.endsWith('.') && metric.startsWith(known));
  return {
    service: resource.get('service.name') ?? '',
    session: first(SESSION_NAMES) || (resource.get('session.id') ?? ''),
    model: first(MODEL_NAMES),
    // The newest conventions have a counter for each type, and its name tells it.
    tokenType: first(TYPE_NAMES) || (prefix === undefined ? '' : metric.slice(prefix.length)),
  };
}
