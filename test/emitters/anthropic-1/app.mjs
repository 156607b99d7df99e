// An application as ES module; its parameter is the provider's URL.

import { withAttribution } from '@ai-cost-profiler/node';
import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ apiKey: 'k', baseURL: process.argv[2] });
const messages = [{ role: 'user', content: 'How is it?' }];
const answer = await withAttribution({ feature: 'anthropic-esm' }, () =>
  client.messages.create({ model: 'claude-haiku-4-5', max_tokens: 200, messages }),
);
process.stdout.write(JSON.stringify(answer));
