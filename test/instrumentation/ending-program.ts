/** Records one call and ends as its parameter says. */
import { recordCall } from '@ai-cost-profiler/node/public-api.ts';

const ENDINGS: Readonly<Record<string, () => void>> = {
  'by itself': () => undefined,
  'by process.exit': () => process.exit(3),
  'by an error': () => {
    throw new Error('of the application');
  },
  'by a signal': () => void setInterval(() => undefined, 1000),
  'by its own listener': () => void setInterval(() => undefined, 1000),
};

if (process.argv[2] === 'by its own listener') process.on('SIGTERM', () => process.exit(4));
recordCall({ provider: 'openai', model: 'gpt-4.1', usage: { inputTokens: 10, outputTokens: 1 } });
process.stdout.write('recorded\n', ENDINGS[process.argv[2]!]);
