/**
 * support-bot: tickets are sorted by a small model, then an agent drafts an answer. Anthropic with prompt caching:
 * the first turn of a conversation writes the cache, later ones read it. Its instrumentation copies Anthropic's own
 * numbers, in which cached tokens stand beside the input total.
 */
import { executeTool, invokeAgent } from './agent-spans.ts';
import type { ChatWish } from './chat-wish.ts';
import { chat } from './llm-spans.ts';
import { MODELS } from './models.ts';
import { database, httpCall, httpServer } from './plain-spans.ts';
import type { Scene } from './scene.ts';
import type { Step } from './span-spec.ts';

const HANDBOOK_TOKENS = 6_800;
const TRIAGE = { name: 'ticket-triage', version: '5' };
const DRAFT = { name: 'answer-draft', version: '21' };
/** The new draft prompt is tried out on some. */
const NEW_DRAFT = { name: 'answer-draft', version: '22' };

/** A new message in a ticket. */
export function supportTicket(scene: Scene): Step {
  const { random } = scene;
  return httpServer(scene, 'POST', '/webhooks/tickets', [
    database(scene, 'mysql', 'SELECT tickets', 8),
    ...chat(scene, MODELS.haiku45, {
      prompt: TRIAGE,
      freshTokens: random.around(650),
      textTokens: random.around(30),
    }),
    supportAgent(scene),
    database(scene, 'mysql', 'UPDATE tickets', 6),
  ]);
}

function supportAgent(scene: Scene): Step {
  const { random } = scene;
  const prompt = random.chance(0.3) ? NEW_DRAFT : DRAFT;
  const isFirstTurn = random.chance(0.35);
  // The messages since the handbook stay far smaller than it.
  const since = () => Math.min(random.around(700), HANDBOOK_TOKENS - 1);
  const turn = (
    isWrite: boolean,
    wish: Pick<ChatWish, 'textTokens' | 'finish' | 'streamed'>,
  ): ChatWish => ({
    prompt,
    freshTokens: since(),
    ...(isWrite ? { cacheWriteTokens: HANDBOOK_TOKENS } : { cacheReadTokens: HANDBOOK_TOKENS }),
    ...wish,
  });
  const steps: Step[] = [
    ...chat(
      scene,
      MODELS.sonnet5,
      turn(isFirstTurn, { textTokens: random.around(70), finish: 'tool_calls' }),
    ),
    executeTool(scene, 'search_handbook', [
      database(scene, 'elasticsearch', 'search handbook', 22),
    ]),
  ];
  if (random.chance(0.4)) {
    steps.push(
      ...chat(
        scene,
        MODELS.sonnet5,
        turn(false, { textTokens: random.around(60), finish: 'tool_calls' }),
      ),
      executeTool(scene, 'look_up_order', [httpCall(scene, 'GET', 'orders.acme.example', 60)]),
    );
  }
  steps.push(
    ...chat(scene, MODELS.sonnet5, turn(false, { textTokens: random.around(420), streamed: true })),
  );
  return invokeAgent(scene, { name: 'support-agent', model: MODELS.sonnet5 }, steps);
}
