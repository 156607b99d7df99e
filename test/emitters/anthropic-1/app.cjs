// An application as CommonJS; its parameter is the provider's URL.
const Anthropic = require('@anthropic-ai/sdk');
const { withAttribution } = require('@ai-cost-profiler/node');

async function main() {
  const client = new Anthropic({ apiKey: 'k', baseURL: process.argv[2] });
  const messages = [{ role: 'user', content: 'How is it?' }];
  const answer = await withAttribution({ feature: 'anthropic-cjs' }, () =>
    client.messages.create({ model: 'claude-haiku-4-5', max_tokens: 200, messages }),
  );
  process.stdout.write(JSON.stringify(answer));
}

void main();
