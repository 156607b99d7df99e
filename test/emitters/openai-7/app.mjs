// An application as ES module that knows nothing of instrumentation but attribution; its parameter is the provider's URL.
import { withAttribution } from '@ai-cost-profiler/node';
import OpenAI from 'openai';

const client = new OpenAI({ apiKey: 'k', baseURL: process.argv[2] });
const messages = [{ role: 'user', content: 'How is it?' }];
const answer = await withAttribution({ feature: 'openai-esm' }, () =>
  client.chat.completions.create({ model: 'gpt-4.1', messages }),
);
process.stdout.write(JSON.stringify(answer));
