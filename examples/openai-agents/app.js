// An agent of the OpenAI Agents SDK with a tool. Its own tracing, which OpenInference turns into spans, shows the agent,
// its tools and its calls; the calls are seen below too, and billed once.
import { withAttribution } from '@ai-cost-profiler/node';
import { OpenAIAgentsInstrumentation } from '@arizeai/openinference-instrumentation-openai-agents';
import * as agents from '@openai/agents';
import { z } from 'zod';

// Spans go to the collector only, not to OpenAI.
new OpenAIAgentsInstrumentation().manuallyInstrument(agents);

const weather = agents.tool({
  name: 'weather',
  description: 'The weather of a city',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `It is cold in ${city}.`,
});
const agent = new agents.Agent({ name: 'weather', model: 'gpt-4.1-mini', tools: [weather] });

await withAttribution({ feature: 'assistant', user: 'user-7', agent: 'weather' }, async () => {
  const { finalOutput } = await agents.run(agent, 'How is the weather in Oslo?');
  process.stdout.write(`${finalOutput}\n`);
});
