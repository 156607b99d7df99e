// An agent of LangChain with a tool. LangChain's own telemetry (its callbacks, which OpenInference turns into spans)
// shows the agent, its steps and its calls; the calls are seen below too, and billed once.
import { withAttribution } from '@ai-cost-profiler/node';
import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain';
import * as callbacks from '@langchain/core/callbacks/manager';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent, tool } from 'langchain';
import { z } from 'zod';

new LangChainInstrumentation().manuallyInstrument(callbacks);

const weather = tool(({ city }) => `It is cold in ${city}.`, {
  name: 'weather',
  description: 'The weather of a city',
  schema: z.object({ city: z.string() }),
});
const agent = createAgent({ model: new ChatOpenAI({ model: 'gpt-4.1-mini' }), tools: [weather] });

await withAttribution({ feature: 'assistant', user: 'user-7', agent: 'weather' }, async () => {
  const messages = [{ role: 'user', content: 'How is the weather in Oslo?' }];
  const answer = await agent.invoke({ messages });
  process.stdout.write(`${answer.messages.at(-1).content}\n`);
});
