/** Free dimensions under each emitter's own names. */
import { expect, it, test } from 'vitest';
import { decodeTracesJson } from '../decode/decode-json.ts';
import { DIALECTS } from './dialects.ts';
import { Normaliser } from './normalise.ts';

/** The tags of a span with these attributes as OTLP/JSON has them; `null`: the span is no call. */
function tagsOf(attributes: Readonly<Record<string, object>>): Record<string, string> {
  const span = {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: '0000000000000001',
    name: 'request',
    startTimeUnixNano: '1787227200000000000',
    endTimeUnixNano: '1787227201500000000',
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value })),
  };
  const normaliser = new Normaliser(DIALECTS);
  let tags: readonly (readonly [string, string])[] = [];
  decodeTracesJson(
    Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })),
    {
      span: (view) => {
        tags = (normaliser.normalise(view)?.attribution ?? normaliser.attributionOfLast()).tags;
      },
    },
  );
  return Object.fromEntries(tags);
}

const text = (value: string) => ({ stringValue: value });
const list = (...values: string[]) => ({ arrayValue: { values: values.map(text) } });

test.for<[emitter: string, key: string, value: object, tags: Record<string, string>]>([
  ['application', 'aicost.tag.plan', text('pro'), { plan: 'pro' }],
  ['application', 'aicost.tag.seats', { intValue: '12' }, { seats: '12' }],
  ['Langfuse', 'langfuse.trace.tags', list('beta', 'eu'), { beta: 'true', eu: 'true' }],
  ['Langfuse', 'langfuse.trace.tags', text('["beta"]'), { beta: 'true' }],
  ['Langfuse', 'langfuse.trace.metadata.region', text('eu'), { region: 'eu' }],
  ['Langfuse', 'langfuse.trace.metadata', text('{"a":1,"b":"x","c":{}}'), { a: '1', b: 'x' }],
  [
    'OpenLLMetry',
    'traceloop.association.properties.customer_id',
    text('c1'),
    { customer_id: 'c1' },
  ],
  ['OpenLLMetry', 'traceloop.association.properties.plan', text('pro'), { plan: 'pro' }],
  ['LiteLLM 1', 'metadata.user_api_key_team_id', text('t1'), { team: 't1' }],
  ['LiteLLM 2', 'litellm.team.alias', text('support'), { team_alias: 'support' }],
  ['LiteLLM 2', 'litellm.api_key.hash', text('88dc28'), { api_key: '88dc28' }],
  ['LiteLLM 2', 'litellm.metadata.user_api_key_org_id', text('o1'), { organization: 'o1' }],
  ['OpenInference', 'tag.tags', list('beta'), { beta: 'true' }],
  ['OpenInference', 'metadata', text('{"plan":"pro"}'), { plan: 'pro' }],
  ['LangSmith', 'langsmith.span.tags', text('beta, eu'), { beta: 'true', eu: 'true' }],
  ['LangSmith', 'langsmith.metadata.revision_id', text('r1'), { revision_id: 'r1' }],
  ['AI SDK', 'ai.telemetry.metadata.plan', text('pro'), { plan: 'pro' }],
  ['AI SDK', 'ai.telemetry.metadata.tags', list('beta'), { beta: 'true' }],
  ['Laminar', 'lmnr.association.properties.tags', list('beta'), { beta: 'true' }],
  ['Laminar', 'lmnr.trace.metadata', text('{"plan":"pro"}'), { plan: 'pro' }],
  ['agento11y', 'agento11y.tag.plan', text('pro'), { plan: 'pro' }],
  ['AgentOps', 'agentops.tags', text("['beta']"), { beta: 'true' }],
  ['MLflow', 'mlflow.traceTag.plan', text('pro'), { plan: 'pro' }],
  ['OpenRouter', 'trace.metadata.plan', text('pro'), { plan: 'pro' }],
  ['OpenLIT', 'gen_ai.environment', text('prod'), { environment: 'prod' }],
  ['Claude Code', 'organization.id', text('o1'), { organization: 'o1' }],
  ['Claude platform', 'anthropic.workspace.id', text('w1'), { workspace: 'w1' }],
  ['a text too long to be a dimension', 'aicost.tag.x', text('x'.repeat(257)), {}],
  ['no object', 'metadata', text('{"a":'), {}],
  ['a key that is only the prefix', 'aicost.tag.', text('x'), {}],
])('%s: %s', ([, key, value, tags]) => {
  expect(tagsOf({ [key]: value })).toEqual(tags);
});

it('keeps what the application says before an emitter, and of a span no more than 64', () => {
  const many = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [`langfuse.trace.metadata.k${i}`, text('x')]),
  );
  const tags = tagsOf({
    'langfuse.trace.metadata.plan': text('free'),
    ...many,
    'aicost.tag.plan': text('pro'),
  });
  expect(tags['plan']).toBe('pro');
  expect(Object.keys(tags)).toHaveLength(64);
});
