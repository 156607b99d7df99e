/** The live stream of a whole collector: a call as it is acknowledged, a pass of settle, the end. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StartedCollector, startCollector } from './start-collector.ts';

let collector: StartedCollector;
let exitCode: number | null | undefined;

beforeAll(async () => {
  collector = await startCollector(['--settle-after', '1h']);
});
afterAll(async () => {
  if (exitCode === undefined) await collector.stop();
});

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
const count = (key: string, value: number) => ({ key, value: { intValue: value } });

/** A call of gpt-4o of now, with 1,000 tokens in and 10 out. */
function oneCall() {
  const startMs = Date.now();
  const span = {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    name: 'chat gpt-4o',
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${startMs + 1}000000`,
    attributes: [
      text('gen_ai.operation.name', 'chat'),
      text('gen_ai.provider.name', 'openai'),
      text('gen_ai.response.model', 'gpt-4o-2024-08-06'),
      count('gen_ai.usage.input_tokens', 1000),
      count('gen_ai.usage.output_tokens', 10),
    ],
  };
  return JSON.stringify({ resourceSpans: [{ resource: {}, scopeSpans: [{ spans: [span] }] }] });
}

const post = (path: string, body?: string) =>
  fetch(collector.url + path, {
    method: 'POST',
    headers: { 'x-api-key': collector.key, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body }),
  }).then((answer) => answer.text());

async function openStream(query = '', signal?: AbortSignal) {
  const init = { headers: { 'x-api-key': collector.key }, ...(signal ? { signal } : {}) };
  const answer = await fetch(`${collector.url}/api/v1/live${query}`, init);
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  return {
    /** All that came, once it holds `end`, or at the end of the stream. */
    async until(end?: string): Promise<string> {
      while (end === undefined || !seen.includes(end)) {
        const { done, value } = await reader.read();
        if (done) break;
        seen += value;
      }
      return seen;
    },
  };
}

test('a call, its settling and the end are told, and streams do not hold up the end', async () => {
  const gone = new AbortController();
  await (await openStream('', gone.signal)).until('id: ');
  gone.abort();
  const stream = await openStream('?model=gpt-4o-2024-08-06');
  const other = await openStream('?model=another');
  await stream.until('id: ');
  await post('/v1/traces', oneCall());
  expect(await stream.until('event: call')).toContain('retry: 2000\nid: ');
  expect(await stream.until('\n\n')).toContain('"cost_usd":"0.0026"');
  await post('/api/v1/admin/settle');
  expect(await stream.until('"settled_through"')).toContain('event: settled');
  const metrics = await (await fetch(`${collector.url}/metrics`)).text();
  expect(metrics).toMatch(/^aicost_live_clients 2$/m);
  expect(metrics).toMatch(/^aicost_live_events_sent_total(\{.*\})? [1-9]/m);
  const ended = Promise.all([stream.until(), other.until()]);
  exitCode = await collector.stop();
  for (const all of await ended) {
    expect(all).toMatch(/event: closing\ndata: {"reason":"shutdown"}\n\n$/);
  }
  expect((await ended)[1]).not.toContain('event: call');
  expect([exitCode, collector.output().includes('not drained in time')]).toEqual([0, false]);
});
