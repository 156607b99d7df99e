/**
 * Programs that know nothing of us, in ESM and CommonJS, over every major of the OpenAI SDK: their calls arrive in a
 * real collector, and cost what the price list says.
 */
import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
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

const MAIN = fileURLToPath(new URL('../../collector/src/main.ts', import.meta.url));
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
    const { id } = await client.responses.create({ model: 'gpt-4.1-mini', input: 'a', background: true });
    await client.responses.retrieve(id);
    await client.responses.retrieve(id);
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

function answer({ method, path, body }: Asked): Reply {
  const background = backgroundAnswer({ method, path, body });
  if (background !== undefined) return { json: background };
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

/** One that is queued when it is asked for, and done when it is fetched; ids as OpenAI makes them, which tell one. */
function backgroundAnswer({ method, path, body }: Pick<Asked, 'method' | 'path' | 'body'>) {
  const fetched = /\/responses\/(resp_68d9c1f0b7a3\d+)$/.exec(path)?.[1];
  const common = { model: 'gpt-4.1-mini', background: true, service_tier: 'default' };
  if (fetched !== undefined) return response({ ...common, id: fetched });
  if (method !== 'POST' || (body as { background?: boolean }).background !== true) return undefined;
  backgrounds += 1;
  const id = `resp_68d9c1f0b7a3${backgrounds}`;
  return response({ ...common, id, status: 'queued', usage: null, output: [] });
}
let backgrounds = 0;

const asDefaultTier = (chunk: unknown): unknown =>
  typeof chunk === 'string' ? chunk : { ...(chunk as object), service_tier: 'default' };

let provider: ScriptedProvider;
let collector: StartedCollector;
beforeAll(async () => {
  [provider, collector] = await Promise.all([
    startScriptedProvider(),
    startCollector(['--settle', 'off']),
  ]);
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
    readonly unpriced_calls: number;
  }[];
}
const costs = async (): Promise<Breakdown> =>
  (await collector.getJson('/api/v1/costs/breakdown?by=model')).body as Breakdown;

const callsOf = async (): Promise<number> =>
  (await costs()).rows.reduce((sum, { calls }) => sum + calls, 0);

async function settle(): Promise<void> {
  await promisify(execFile)(process.execPath, [MAIN, 'settle', '--data-dir', collector.dataDir]);
}

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
  await eventually(callsOf, (calls) => calls >= 7 * wanted);
  // A background response is two spans, the one that asked for it and the one that has its usage, and one call.
  await settle();
  const { rows } = await costs();
  const byModel = Object.fromEntries(
    rows.map(({ model, calls, cost_usd: cost, unpriced_calls: unpriced }) => [
      model,
      { calls, cost, unpriced },
    ]),
  );
  // A chat: 176 × $2/M + 1024 × $0.5/M + 90 × $8/M = $0.001584, and half of that in a batch. A response: 372 × $2/M +
  // 128 × $0.5/M + 60 × $8/M + 2 searches × $10/k + 1 file search × $2.5/k = $0.023788.
  expect(byModel).toEqual({
    'gpt-4.1-2025-04-14': { calls: 4 * wanted, cost: '0.249732', unpriced: 0 },
    'gpt-4.1-mini': { calls: wanted, cost: '0.0023184', unpriced: 0 },
    'text-embedding-3-small': { calls: wanted, cost: '0.0000072', unpriced: 0 },
  });
});
