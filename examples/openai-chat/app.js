// Chat completions, whole and streamed. Nothing here knows of spans; who asks and for what is said once, around it.
import { withAttribution } from '@ai-cost-profiler/node';
import OpenAI from 'openai';

const openai = new OpenAI();
const chat = {
  model: 'gpt-4.1-mini',
  messages: [{ role: 'user', content: 'How is the weather in Oslo?' }],
};
const attribution = {
  feature: 'search',
  user: 'user-7',
  session: 'session-3',
  prompt: { name: 'weather', version: '2' },
  tags: { plan: 'pro' },
};

await withAttribution(attribution, async () => {
  const answer = await openai.chat.completions.create(chat);
  process.stdout.write(`Whole: ${answer.choices[0].message.content}\n`);

  // Usage is asked for on its own, and the chunk that tells it does not appear here.
  process.stdout.write('Streamed: ');
  for await (const chunk of await openai.chat.completions.create({ ...chat, stream: true })) {
    process.stdout.write(chunk.choices[0].delta.content ?? '');
  }
  process.stdout.write('\n');
});
