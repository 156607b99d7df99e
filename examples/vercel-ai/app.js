// The Vercel AI SDK with a tool. It calls providers without their SDKs; its own telemetry tells the usage.
import { withAttribution } from '@ai-cost-profiler/node';
import { openai } from '@ai-sdk/openai';
import { OpenTelemetry } from '@ai-sdk/otel';
import { generateText, isStepCount, registerTelemetry, streamText, tool } from 'ai';
import { z } from 'zod';

registerTelemetry(new OpenTelemetry({ usage: true, providerMetadata: true }));

const weather = tool({
  description: 'The weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => `It is cold in ${city}.`,
});

await withAttribution({ feature: 'assistant', user: 'user-7', session: 'session-3' }, async () => {
  const model = openai('gpt-4.1-mini');
  const prompt = 'How is the weather in Oslo?';
  const { text } = await generateText({
    model,
    prompt,
    tools: { weather },
    stopWhen: isStepCount(3),
  });
  process.stdout.write(`With a tool: ${text}\n`);

  process.stdout.write('Streamed: ');
  for await (const words of streamText({ model, prompt }).textStream) process.stdout.write(words);
  process.stdout.write('\n');
});
