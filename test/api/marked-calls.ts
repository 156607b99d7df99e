/** Calls in whose every name one word stands, so that it can be looked for in answers. */

interface MarkedCall {
  readonly model: string;
  /** When it starts, nanoseconds since 1970; it takes a second. */
  readonly atNs: bigint;
  /** 32 hexadecimal digits; the span's id is the first 16. */
  readonly trace: string;
}

/** A call of an agent's tool, with its prompt, as OTLP/JSON has it. */
export function callOf(mark: string, { model, atNs, trace }: MarkedCall) {
  const prompt = [{ role: 'user', parts: [{ type: 'text', content: `${LONG_PROMPT} ${mark}` }] }];
  const attributes = Object.entries({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': model,
    'gen_ai.conversation.id': `session-${mark}`,
    'user.id': `user-${mark}`,
    'aicost.feature': `feature-${mark}`,
    'gen_ai.agent.name': `agent-${mark}`,
    'gen_ai.tool.name': `tool-${mark}`,
    'gen_ai.prompt.name': `prompt-${mark}`,
    'aicost.tag.team': `team-${mark}`,
    'gen_ai.input.messages': JSON.stringify(prompt),
    'gen_ai.usage.input_tokens': 1000,
    'gen_ai.usage.output_tokens': 500,
  }).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: value } : { stringValue: value },
  }));
  return {
    traceId: trace,
    spanId: trace.slice(0, 16),
    name: `chat ${mark}`,
    kind: 3,
    startTimeUnixNano: String(atNs),
    endTimeUnixNano: String(atNs + 1_000_000_000n),
    attributes,
  };
}

const LONG_PROMPT = Array.from({ length: 60 }, (_, n) => `word${n} of a prompt`).join(' ');

/** Sends spans of a service of that name. Rejects unless they were taken. */
export async function sendSpans(
  url: string,
  key: string,
  mark: string,
  spans: readonly object[],
): Promise<void> {
  const attributes = ['service.name', 'deployment.environment.name'].map((name) => ({
    key: name,
    value: { stringValue: `${name.split('.')[0]}-${mark}` },
  }));
  const body = { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] };
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await fetch(`${url}/v1/traces`, init);
  if (response.status !== 200) throw new Error(await response.text());
}
