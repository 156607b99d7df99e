/**
 * web-frontend → checkout-assistant: a shop whose assistant is an agent with tools. OpenAI, long system prompts that
 * the provider caches, streamed answers, and a reasoning model that looks at risky orders.
 */
import { executeTool, invokeAgent } from './agent-spans.ts';
import { chat } from './llm-spans.ts';
import { MODELS } from './models.ts';
import { database, httpCall, httpClient, httpServer } from './plain-spans.ts';
import { inService, type Scene } from './scene.ts';
import type { Step } from './span-spec.ts';

const SYSTEM_PROMPT_TOKENS = 1_536;
const TOOL_REQUEST = { name: 'checkout-tools', version: '7' };
const ANSWER = { name: 'checkout-answer', version: '12' };
const RISK = { name: 'order-risk', version: '3' };
const RISKY_SHARE = 0.25;

/** A question at the checkout, answered by an agent. */
export function checkoutHelp(scene: Scene): Step {
  const assistant = inService(scene, 'checkout-assistant');
  const { random } = scene;
  return httpServer(scene, 'POST', '/checkout/help', [
    database(scene, 'redis', 'GET session', 2),
    httpClient(scene, 'POST', 'checkout-assistant.acme.example', [
      httpServer(assistant, 'POST', '/v1/assist', [
        database(assistant, 'postgresql', 'SELECT carts', 6),
        checkoutAgent(assistant),
        ...(random.chance(RISKY_SHARE) ? riskReview(assistant) : []),
        database(assistant, 'postgresql', 'INSERT conversations', 5),
      ]),
    ]),
  ]);
}

function checkoutAgent(scene: Scene): Step {
  const { random } = scene;
  // A shop's cheap model answers most questions; the large one those of long conversations.
  const model = random.chance(0.3) ? MODELS.gpt41 : MODELS.gpt54Mini;
  const isPromptCached = random.chance(0.7);
  const prompt = () =>
    isPromptCached
      ? { freshTokens: random.around(420), cacheReadTokens: SYSTEM_PROMPT_TOKENS }
      : { freshTokens: SYSTEM_PROMPT_TOKENS + random.around(420) };
  const steps: Step[] = [];
  for (let round = random.whole(1, 2); round > 0; round--) {
    const wish = { ...prompt(), prompt: TOOL_REQUEST, textTokens: random.around(45) };
    steps.push(...chat(scene, model, { ...wish, finish: 'tool_calls' }), shopTool(scene));
  }
  const answer = { ...prompt(), prompt: ANSWER, textTokens: random.around(260), streamed: true };
  steps.push(...chat(scene, model, answer));
  return invokeAgent(scene, { name: 'checkout-agent', model }, steps);
}

function shopTool(scene: Scene): Step {
  return scene.random.pick([
    () => executeTool(scene, 'check_stock', [database(scene, 'postgresql', 'SELECT stock', 9)]),
    () =>
      executeTool(scene, 'quote_shipping', [httpCall(scene, 'POST', 'api.parcel.example', 140)]),
    () => executeTool(scene, 'apply_voucher', [database(scene, 'postgresql', 'UPDATE carts', 7)]),
  ])();
}

function riskReview(scene: Scene): Step[] {
  const { random } = scene;
  return chat(scene, MODELS.o4Mini, {
    prompt: RISK,
    freshTokens: random.around(2_300),
    textTokens: random.around(180),
    reasoningTokens: random.around(1_400),
  });
}
