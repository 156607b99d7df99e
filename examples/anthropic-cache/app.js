// A long system prompt that is kept in the cache of prompts: what was written to it, for how long, and what was read
// from it have prices of their own, and each is told apart.
import { withAttribution } from '@ai-cost-profiler/node';
import Anthropic from '@anthropic-ai/sdk';

const anthropic = new Anthropic();
const handbook = 'The shop sends what was ordered before noon on the same day. '.repeat(100);
const question = {
  model: 'claude-haiku-4-5',
  max_tokens: 200,
  system: [{ type: 'text', text: handbook, cache_control: { type: 'ephemeral', ttl: '1h' } }],
  messages: [{ role: 'user', content: 'When will my order arrive?' }],
};

await withAttribution({ feature: 'support', user: 'user-7' }, async () => {
  const answer = await anthropic.messages.create(question);
  const { cache_read_input_tokens: read, cache_creation_input_tokens: written } = answer.usage;
  process.stdout.write(`${answer.content[0].text} Cache: ${read} read, ${written} written.\n`);

  const stream = anthropic.messages.stream(question);
  stream.on('text', (text) => process.stdout.write(text));
  await stream.finalMessage();
  process.stdout.write('\n');
});
