/**
 * Programs that know nothing of us, in ESM and CommonJS, over every major of the OpenAI SDK: their calls arrive in a
 * real collector, and cost what the price list says.
 */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installEmitter } from '../emitters/install-emitter.ts';
import {
  type Asked,
  type Reply,
  type ScriptedProvider,
  startScriptedProvider,
} from '../emitters/scripted-provider.ts';
import { eventually, type StartedCollector, startCollector } from '../start-collector.ts';
import { chatChunks, chatCompletion, embeddings, response, TOOL_ITEMS } from './openai-answers.ts';
import { MAJORS } from './openai-majors.ts';

const SETUP = new URL('./openai-setup.ts', import.meta.url).href;
const LOAD = {
  module: "import OpenAI from 'openai';",
  commonjs: "const OpenAI = require('openai').OpenAI;",
  deep: "import { OpenAI } from 'openai/index';",
} as const;
type Load = keyof typeof LOAD;

/** A machine has at least so many cores. */
const AT_ONCE = 2;

/** A chat whole, streamed and of a batch, a response that searches, and an embedding. */
const PROGRAM = `
  const client = new OpenAI({ apiKey: 'k', baseURL: process.env.PROVIDER, maxRetries: 0 });
  async function main() {
    const chat = { model: 'gpt-4.1', messages: [{ role: 'user', content: 'How is it?' }] };
    const { choices } = await client.chat.completions.create(chat);
    let words = '';
    for await (const chunk of await client.chat.completions.create({ ...chat, stream: true })) {
      words += chunk.choices[0].delta.content ?? '';
    }
    const { output_text } = await client.responses.create({ model: 'gpt-4.1', input: 'How is it?' });
    const { data } = await client.embeddings.create({ model: 'text-embedding-3-small', input: 'a' });
    await (await client.files.content('file-1')).text();
    console.log(JSON.stringify([choices[0].message.content, words, output_text, data[0].embedding]));
  }
  main();
`;

const USAGE = {
  prompt_tokens: 1200,
  completion_tokens: 90,
  total_tokens: 1290,
  prompt_tokens_details: { cached_tokens: 1024 },
  completion_tokens_details: { reasoning_tokens: 32 },
};

function answer({ path, body }: Asked): Reply {
  if (path.endsWith('/responses')) {
    const output = TOOL_ITEMS.filter(({ type }) => type !== 'code_interpreter_call');
    return { json: response({ service_tier: 'default', output }) };
  }
  if (path.endsWith('/content')) {
    const results = {
      custom_id: 'a',
      response: { status_code: 200, body: chatCompletion({ usage: USAGE }) },
    };
    return { text: `${JSON.stringify(results)}\n` };
  }
  if (path.endsWith('/embeddings')) return { json: embeddings(body) };
  if ((body as { stream?: boolean }).stream !== true)
    return { json: chatCompletion({ usage: USAGE }) };
  const chunks = chatChunks(body).map((chunk) =>
    (chunk as { usage?: unknown }).usage ? { ...(chunk as object), usage: USAGE } : chunk,
  );
  return { events: chunks.map(asDefaultTier) };
}

const asDefaultTier = (chunk: unknown): unknown =>
  typeof chunk === 'string' ? chunk : { ...(chunk as object), service_tier: 'default' };

let provider: ScriptedProvider;
let collector: StartedCollector;
beforeAll(async () => {
  [provider, collector] = await Promise.all([startScriptedProvider(), startCollector()]);
  let answered = 0;
  provider.answer((asked) => {
    answered += 1;
    const reply = answer(asked);
    // Each call is another one, of whichever program.
    return JSON.parse(
      JSON.stringify(reply)
        .replaceAll('chatcmpl-1', `chatcmpl-${answered}`)
        .replaceAll('resp_1', `resp_${answered}`),
    ) as Reply;
  });
});
afterAll(async () => {
  await Promise.all([provider.close(), collector.stop()]);
});

async function run(major: number, load: Load): Promise<string> {
  const cwd = await installEmitter(`openai-${major}`);
  const program = `${LOAD[load]}\n${PROGRAM}`;
  const type = load === 'commonjs' ? 'commonjs' : 'module';
  const child = spawn(
    process.execPath,
    ['--import', SETUP, `--input-type=${type}`, '--eval', program],
    {
      cwd,
      env: {
        ...process.env,
        PROVIDER: `${provider.url}/v1`,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${collector.key}`,
      },
    },
  );
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      written += text;
    });
  }
  await new Promise((resolve) => child.once('close', resolve));
  return written.trim();
}

interface Breakdown {
  readonly rows: readonly {
    readonly model: string;
    readonly calls: number;
    readonly cost_usd: string | null;
  }[];
}
const costs = async (): Promise<Breakdown> =>
  (await collector.getJson('/api/v1/costs/breakdown?by=model')).body as Breakdown;

test('every program has its answers, and the collector what they cost', async () => {
  const programs = [
    ...MAJORS.flatMap((major) => [[major, 'module'] as const, [major, 'commonjs'] as const]),
    [6, 'deep'] as const,
  ];
  const expected = '["It is fine.","It is fine, ✓.","It is fine.",[0.25,-0.5]]';
  for (let at = 0; at < programs.length; at += AT_ONCE) {
    const some = programs.slice(at, at + AT_ONCE);
    const written = await Promise.all(some.map(([major, load]) => run(major, load)));
    expect(written).toEqual(some.map(() => expected));
  }
  const wanted = programs.length;
  const { rows } = await eventually(
    costs,
    (one) => one.rows.reduce((sum, { calls }) => sum + calls, 0) >= 5 * wanted,
  );
  const byModel = Object.fromEntries(
    rows.map(({ model, calls, cost_usd: cost }) => [model, { calls, cost }]),
  );
  // A chat: 176 × $2/M + 1024 × $0.5/M + 90 × $8/M = $0.001584, and half of that in a batch. A response: 372 × $2/M +
  // 128 × $0.5/M + 60 × $8/M + 2 searches × $10/k + 1 file search × $2.5/k = $0.023788.
  expect(byModel).toEqual({
    'gpt-4.1-2025-04-14': { calls: 4 * wanted, cost: '0.249732' },
    'text-embedding-3-small': { calls: wanted, cost: '0.0000072' },
  });
});
