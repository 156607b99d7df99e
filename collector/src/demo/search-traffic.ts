/**
 * doc-search: a question is rewritten by a fast model (Groq), embedded (OpenAI), looked up, and answered by Gemini,
 * which thinks first. Some streams of the fast model end without usage: their client never asked for it.
 */
import { chat, embeddings } from './llm-spans.ts';
import { MODELS } from './models.ts';
import { database, httpServer } from './plain-spans.ts';
import type { Scene } from './scene.ts';
import type { Step } from './span-spec.ts';

const REWRITE = { name: 'query-rewrite', version: '4' };
const ANSWER = { name: 'cited-answer', version: '9' };
const USAGE_LOST_SHARE = 0.06;

/** A question about the documentation. */
export function documentSearch(scene: Scene): Step {
  const { random } = scene;
  return httpServer(scene, 'GET', '/search', [
    database(scene, 'redis', 'GET answers', 2),
    ...(random.chance(0.6) ? rewrite(scene) : []),
    embeddings(scene, MODELS.embedding3Small, random.around(28)),
    database(scene, 'postgresql', 'SELECT passages', 35),
    ...chat(scene, MODELS.gemini36Flash, {
      prompt: ANSWER,
      freshTokens: random.around(3_600),
      ...(random.chance(0.5) ? { cacheReadTokens: 2_048 } : {}),
      textTokens: random.around(310),
      reasoningTokens: random.around(540),
      streamed: true,
    }),
  ]);
}

function rewrite(scene: Scene): Step[] {
  const { random } = scene;
  return chat(scene, MODELS.llama33, {
    prompt: REWRITE,
    freshTokens: random.around(310),
    textTokens: random.around(26),
    streamed: true,
    usageLost: random.chance(USAGE_LOST_SHARE),
  });
}
