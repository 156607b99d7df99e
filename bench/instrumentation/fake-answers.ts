/**
 * What OpenAI's API answers, with usage of which each number occurs nowhere else: where a span tells the number, it
 * tells that usage. Shapes: OpenAI's API reference (chat completions, responses, embeddings, images, audio).
 */
import type { Body, Fetch } from './openai-client.ts';

export const TOLD = {
  input: 41_237,
  output: 5_839,
  cached: 31_013,
  reasoning: 1_733,
  audioIn: 2_099,
  audioOut: 1_097,
  image: 4_177,
  seconds: 127.25,
  characters: 23,
  searches: 3,
  id: 'answer-73919',
  tier: 'flex',
  errorCode: 'rate_limit_exceeded',
} as const;
/** In every prompt. */
export const SECRET = 'a-prompt-of-somebody';
/** In every answer. */
const ANSWER = 'four words of answer';
/** Asked for with this model, an answer tells no usage. */
export const SILENT_MODEL = 'gpt-silent';
/** Asked for with this model, the API refuses. */
export const REFUSED_MODEL = 'gpt-refused';

const CHAT_USAGE = {
  prompt_tokens: TOLD.input,
  completion_tokens: TOLD.output,
  total_tokens: TOLD.input + TOLD.output,
  prompt_tokens_details: { cached_tokens: TOLD.cached, audio_tokens: TOLD.audioIn },
  completion_tokens_details: {
    reasoning_tokens: TOLD.reasoning,
    audio_tokens: TOLD.audioOut,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
};

const chatHead = (model: unknown, object: string) => ({
  id: TOLD.id,
  object,
  created: 1_787_227_200,
  model: `${model}-2026`,
  service_tier: TOLD.tier,
});

function chatCompletion({ model }: Body): unknown {
  const message = { role: 'assistant', content: ANSWER, refusal: null };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
  const usage = model === SILENT_MODEL ? {} : { usage: CHAT_USAGE };
  return { ...chatHead(model, 'chat.completion'), choices, ...usage };
}

function chatChunks({ model, stream_options: options }: Body, count: number): unknown[] {
  const head = chatHead(model, 'chat.completion.chunk');
  const chunk = (delta: object, reason: string | null = null) => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
  });
  const isAsked = (options as { include_usage?: boolean } | undefined)?.include_usage === true;
  const usage =
    isAsked && model !== SILENT_MODEL ? [{ ...head, choices: [], usage: CHAT_USAGE }] : [];
  return [
    chunk({ role: 'assistant', content: '' }),
    ...Array.from({ length: count }, (_, n) => chunk({ content: `word ${n} ` })),
    chunk({}, 'stop'),
    ...usage,
  ];
}

function response({ model }: Body): Record<string, unknown> {
  const content = [{ type: 'output_text', text: ANSWER, annotations: [] }];
  const searches = Array.from({ length: TOLD.searches }, (_, n) => ({
    type: 'web_search_call',
    id: `ws_${n}`,
    status: 'completed',
    action: { type: 'search', query: 'words' },
  }));
  return {
    id: TOLD.id,
    object: 'response',
    created_at: 1_787_227_200,
    status: 'completed',
    model: `${model}-2026`,
    service_tier: TOLD.tier,
    output: [
      ...searches,
      { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content },
    ],
    usage: {
      input_tokens: TOLD.input,
      input_tokens_details: { cached_tokens: TOLD.cached },
      output_tokens: TOLD.output,
      output_tokens_details: { reasoning_tokens: TOLD.reasoning },
      total_tokens: TOLD.input + TOLD.output,
    },
  };
}

function responseEvents(body: Body): unknown[] {
  const whole = response(body);
  return [
    { type: 'response.created', response: { ...whole, status: 'in_progress', usage: null } },
    { type: 'response.output_text.delta', delta: ANSWER, item_id: 'msg_1', output_index: 3 },
    { type: 'response.completed', response: whole },
  ];
}

const embeddings = ({ model }: Body) => ({
  object: 'list',
  model,
  data: [{ object: 'embedding', index: 0, embedding: [0.1, 0.2] }],
  usage: { prompt_tokens: TOLD.input, total_tokens: TOLD.input },
});

const image = () => ({
  created: 1_787_227_200,
  data: [{ b64_json: 'AAAA' }],
  usage: {
    input_tokens: TOLD.input,
    output_tokens: TOLD.image,
    total_tokens: TOLD.input + TOLD.image,
    input_tokens_details: { text_tokens: TOLD.input, image_tokens: 0 },
  },
});

const transcription = () => ({
  text: ANSWER,
  duration: TOLD.seconds,
  usage: { type: 'duration', seconds: TOLD.seconds },
});

const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'retry-after-ms': '1' },
  });

const events = (all: readonly unknown[], isNamed: boolean): Response =>
  new Response(eventText(all, isNamed), { headers: { 'content-type': 'text/event-stream' } });

const eventText = (all: readonly unknown[], isNamed: boolean): string =>
  all
    .map((one) => {
      const name = isNamed ? `event: ${(one as { type: string }).type}\n` : '';
      return `${name}data: ${JSON.stringify(one)}\n\n`;
    })
    .join('') + (isNamed ? '' : 'data: [DONE]\n\n');

const REFUSAL = {
  error: { message: 'Too fast', type: 'requests', code: TOLD.errorCode, param: null },
};

/** Answers at once as the API would. The first `failures` requests are answered with 500. */
export function fakeFetch(failures = 0): Fetch {
  let left = failures;
  return (url, init) => {
    if (left > 0) {
      left -= 1;
      return Promise.resolve(json({ error: { message: 'down', type: 'server_error' } }, 500));
    }
    return Promise.resolve(answer(new URL(url).pathname, bodyOf(init)));
  };
}

/** Forms are not looked into. */
const bodyOf = ({ body }: { body?: unknown }): Body =>
  typeof body === 'string' ? (JSON.parse(body) as Body) : {};

function answer(path: string, body: Body): Response {
  if (body['model'] === REFUSED_MODEL) return json(REFUSAL, 429);
  const isStream = body['stream'] === true;
  switch (path) {
    case '/v1/chat/completions':
      return isStream ? events(chatChunks(body, 3), false) : json(chatCompletion(body));
    case '/v1/responses':
      return isStream ? events(responseEvents(body), true) : json(response(body));
    case '/v1/embeddings':
      return json(embeddings(body));
    case '/v1/images/generations':
      return json(image());
    case '/v1/audio/transcriptions':
      return json(transcription());
    case '/v1/audio/speech':
      return new Response('sound', { headers: { 'content-type': 'audio/mpeg' } });
    default:
      return json({ error: { message: `no such path: ${path}` } }, 404);
  }
}

/** Answers made once, for measuring: one whole, or a stream of so many chunks of which all bytes come at once. */
export function constantFetch(kind: 'whole' | 'stream', chunks = 0): Fetch {
  const model = 'gpt-4o';
  if (kind === 'whole') {
    const text = JSON.stringify(chatCompletion({ model }));
    const headers = { 'content-type': 'application/json' };
    return () => Promise.resolve(new Response(text, { headers }));
  }
  const options = { include_usage: true };
  const text = eventText(chatChunks({ model, stream_options: options }, chunks), false);
  const headers = { 'content-type': 'text/event-stream' };
  return () => Promise.resolve(new Response(text, { headers }));
}
