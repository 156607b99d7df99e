// The same as CommonJS, streamed.
const { withAttribution } = require('@ai-cost-profiler/node');
const { OpenAI } = require('openai');

async function main() {
  const client = new OpenAI({ apiKey: 'k', baseURL: process.argv[2] });
  const messages = [{ role: 'user', content: 'How is it?' }];
  const stream = await client.chat.completions.create({ model: 'gpt-4.1', messages, stream: true });
  const texts = [];
  for await (const { choices } of stream) texts.push(choices[0].delta.content ?? '');
  process.stdout.write(JSON.stringify(texts.join('')));
}

withAttribution({ feature: 'openai-cjs' }, main);
