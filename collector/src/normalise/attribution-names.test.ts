/** Spans that are no calls tell whom the calls below them were for, by each emitter's own names. */
import { expect, test } from 'vitest';
import { decodeTracesJson } from '../decode/decode-json.ts';
import type { Attribution } from './call.ts';
import { DIALECTS } from './dialects.ts';
import { Normaliser } from './normalise.ts';

function attributionOf(attributes: Readonly<Record<string, string>>): Partial<Attribution> {
  const span = {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: '0000000000000001',
    name: 'POST /chat',
    startTimeUnixNano: '1787227200000000000',
    endTimeUnixNano: '1787227201500000000',
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({
      key,
      value: { stringValue },
    })),
  };
  const normaliser = new Normaliser(DIALECTS);
  let told: Attribution | undefined;
  decodeTracesJson(
    Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })),
    {
      span: (view) => {
        expect(normaliser.normalise(view)).toBeUndefined();
        told = normaliser.attributionOfLast();
      },
    },
  );
  const { tags: _, ...texts } = told!;
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));
}

test.for<[told: Record<string, string>, attribution: Partial<Attribution>]>([
  [
    { 'user.id': 'u1', 'session.id': 's1' },
    { user: 'u1', session: 's1' },
  ],
  [
    { 'langfuse.user.id': 'u1', 'langfuse.session.id': 's1' },
    { user: 'u1', session: 's1' },
  ],
  [{ 'langfuse.trace.name': 'support' }, { feature: 'support' }],
  [{ 'traceloop.association.properties.user_id': 'u1' }, { user: 'u1' }],
  [{ 'langsmith.metadata.thread_id': 's1' }, { session: 's1' }],
  [{ 'lmnr.association.properties.session_id': 's1' }, { session: 's1' }],
  [{ 'litellm.end_user.id': 'u1' }, { user: 'u1' }],
  [{ 'mlflow.trace.session': 's1' }, { session: 's1' }],
  [{ 'gcp.vertex.agent.session_id': 's1' }, { session: 's1' }],
  [{ 'spring.ai.chat.client.conversation.id': 's1' }, { session: 's1' }],
  [{ 'langfuse.user.id': 'u1', 'user.id': 'u0' }, { user: 'u0' }],
  [{ 'resource.name': 'GET /x', 'agent.name': 'curl', query_source: 'x' }, {}],
])('%j', ([told, attribution]) => {
  expect(attributionOf(told)).toEqual(attribution);
});
