/**
 * batch-summariser: takes messages with several documents from a queue and summarises each on whatever is cheap:
 * Bedrock, Mistral, or a model on the company's own machines, which no price book can know.
 */
import type { ChatWish } from './chat-wish.ts';
import { chat, embeddings } from './llm-spans.ts';
import { MODELS, type Model } from './models.ts';
import { database, queueConsumer } from './plain-spans.ts';
import type { Scene } from './scene.ts';
import { around, aroundParallel, type SpanFields, type Step } from './span-spec.ts';

const SUMMARY = { name: 'summarise-document', version: '2' };
const INSTRUCTIONS_TOKENS = 1_024;
const WORKERS: readonly (readonly [{ readonly model: Model; readonly cached: boolean }, number])[] =
  [
    [{ model: MODELS.novaLite, cached: false }, 4],
    [{ model: MODELS.mistralSmall, cached: false }, 3],
    [{ model: MODELS.bedrockHaiku45, cached: true }, 2],
    [{ model: MODELS.selfHosted, cached: false }, 2],
  ];

/** A message with some documents, which are worked on at the same time. */
export function documentBatch(scene: Scene): Step {
  const documents = Array.from({ length: scene.random.whole(3, 7) }, () => summarise(scene));
  return queueConsumer(scene, 'documents', [
    database(scene, 'postgresql', 'SELECT documents', 14),
    aroundParallel(internal(scene, 'summarise documents'), 1, documents),
    database(scene, 'postgresql', 'INSERT summaries', 8),
  ]);
}

function summarise(scene: Scene): Step {
  const { random } = scene;
  const wish: ChatWish = {
    prompt: SUMMARY,
    freshTokens: random.around(4_200),
    textTokens: random.around(240),
  };
  const { model, cached } = random.pickWeighted(WORKERS);
  const summary = chat(
    scene,
    model,
    cached ? { ...wish, cacheReadTokens: INSTRUCTIONS_TOKENS } : wish,
  );
  const vector = embeddings(scene, MODELS.embedding3Small, wish.freshTokens);
  return around(internal(scene, 'summarise document'), 1, [...summary, vector]);
}

function internal(scene: Scene, name: string): SpanFields {
  return { service: scene.service, name, kind: 'internal', attributes: {} };
}
