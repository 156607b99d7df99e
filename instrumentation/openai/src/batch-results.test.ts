import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { describe, expect, test } from 'vitest';
import { BatchFileLook } from './batch-results.ts';
import { OpenAIApi } from './openai-api.ts';

const line = (id: string, more: object = {}): string => {
  const body = {
    object: 'chat.completion',
    id,
    model: 'm',
    choices: [],
    usage: { prompt_tokens: 5 },
  };
  return JSON.stringify({
    id,
    custom_id: id,
    response: { status_code: 200, body },
    error: null,
    ...more,
  });
};
const origin = { provider: 'openai', attributes: {} };

function looking() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const api = new OpenAIApi(
    () => provider.getTracer('test'),
    () => ({}),
  );
  const ids = () =>
    exporter.getFinishedSpans().map(({ attributes }) => attributes['gen_ai.response.id']);
  return { look: () => new BatchFileLook('file', { api, origin }), ids };
}

describe('an output file of a batch', () => {
  test.for([1, 7, 64, 10_000])('in pieces of %i bytes tells each of its lines', (size) => {
    const { look, ids } = looking();
    const file = look();
    const bytes = Buffer.from(`${line('a')}\n\n${line('✓')}\n${line('c')}`);
    const passed: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size)
      passed.push(file.push(bytes.subarray(at, at + size)));
    passed.push(file.end());
    expect(Buffer.concat(passed)).toEqual(bytes);
    expect(ids()).toEqual(['a', '✓', 'c']);
  });

  test('is told once, unless it was not read to its end', () => {
    const { look, ids } = looking();
    const left = look();
    left.push(Buffer.from(`${line('a')}\n`));
    left.broke();
    look().readText(line('a'));
    look().readText(line('a'));
    expect(ids()).toEqual(['a', 'a']);
  });

  test('gives embeddings, which have no id, that of their line: they are billed once, however often they are read', () => {
    const { look, ids } = looking();
    const body = { object: 'list', model: 'm', data: [], usage: { prompt_tokens: 5 } };
    const embeddings = line('batch_req_1', { response: { status_code: 200, body } });
    const [first, second] = [look(), look()];
    for (const one of [first, second]) one.push(Buffer.from(`${embeddings}\n`));
    expect(ids()).toEqual(['batch_req_1', 'batch_req_1']);
  });

  test("keeps an answer's own id", () => {
    const { look, ids } = looking();
    look().readText(line('chatcmpl-1', { id: 'batch_req_1' }));
    expect(ids()).toEqual(['chatcmpl-1']);
  });

  test.for([
    ['failed', line('a', { response: { status_code: 500, body: { object: 'chat.completion' } } })],
    ['was not answered', line('a', { response: null, error: { code: 'batch_expired' } })],
    [
      'is of an unknown kind',
      line('a', { response: { status_code: 200, body: { object: 'video' } } }),
    ],
    ['is no JSON', '{"custom_id": '],
    ['stands behind something else', `PNG\n${line('a')}`],
    ['is of another file', '{"messages": []}'],
  ])('tells nothing of a line that %s', ([, text]) => {
    const { look, ids } = looking();
    look().readText(text!);
    expect(ids()).toEqual([]);
  });
});
