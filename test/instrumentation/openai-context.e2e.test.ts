/** Where the spans of calls stand in a trace, and what many calls at once tell. */

import { startTracing, type TestTracing } from '@ai-cost-profiler/core/test-tracing.ts';
import { tracedAgent } from '@ai-cost-profiler/core/traced-work.ts';
import { trace } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chatChunks, chatCompletion } from './openai-answers.ts';
import { type Client, loadOpenAI, MAJORS } from './openai-majors.ts';

const CHAT = { model: 'm', messages: [{ role: 'user', content: 'How is it?' }] };
const EVENTS = { headers: { 'content-type': 'text/event-stream' } };

/** An application's own `fetch`, which makes a span as its HTTP instrumentation would. */
async function fetchInSpan(_url: string, init: { body: string }): Promise<Response> {
  const span = trace.getTracer('http').startSpan('POST');
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
  span.end();
  const body = JSON.parse(init.body) as { stream?: boolean; user: string };
  if (body.stream !== true) return Response.json(chatCompletion({ id: body.user }));
  const chunks = chatChunks(body).map((chunk) =>
    typeof chunk === 'string' ? chunk : JSON.stringify(chunk),
  );
  const text = chunks
    .map((chunk) => `data: ${chunk}\n\n`)
    .join('')
    .replaceAll('chatcmpl-1', body.user);
  return new Response(text, EVENTS);
}

let tracing: TestTracing;
beforeAll(() => {
  tracing = startTracing();
});
afterAll(() => tracing.stop());

describe.for(MAJORS)('openai %i', (major) => {
  let client: Client;
  beforeAll(async () => {
    const { OpenAI } = await loadOpenAI(major);
    client = new OpenAI({ apiKey: 'k', baseURL: 'http://127.0.0.1/v1', fetch: fetchInSpan });
  });

  test('many calls at once, whole and streamed, each stand below their agent, and their requests below them', async () => {
    const before = tracing.spans().length;
    const talk = (name: string, stream: boolean) =>
      tracedAgent(name, async () => {
        const answer = await client.chat.completions.create({ ...CHAT, user: name, stream });
        if (!stream) return;
        for await (const _ of answer);
      })();
    const names = Array.from({ length: 16 }, (_, n) => `agent-${major}-${n}`);
    await Promise.all(names.map((name, n) => talk(name, n % 2 === 0)));
    const spans = tracing.spans().slice(before);
    const calls = spans.filter(({ name }) => name === 'chat m');
    expect(calls).toHaveLength(names.length);
    for (const call of calls) {
      const { spanId } = call.spanContext();
      const agent = spans.find(
        (one) => one.spanContext().spanId === call.parentSpanContext?.spanId,
      );
      const sent = spans.filter(({ parentSpanContext: parent }) => parent?.spanId === spanId);
      expect(agent?.attributes['gen_ai.agent.name']).toBe(call.attributes['gen_ai.response.id']);
      expect(call.attributes['gen_ai.agent.name']).toBe(call.attributes['gen_ai.response.id']);
      expect(call.attributes['gen_ai.usage.input_tokens']).toBe(1200);
      expect(sent.map(({ name }) => name)).toEqual(['POST']);
    }
  });
});
