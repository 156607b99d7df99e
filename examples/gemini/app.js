// Gemini whole and streamed: thoughts are billed as output, and what came from the cache, as sound or as pictures has a
// price of its own.
import { withAttribution } from '@ai-cost-profiler/node';
import { GoogleGenAI } from '@google/genai';

const gemini = new GoogleGenAI({});
const question = { model: 'gemini-2.5-flash', contents: 'How is the weather in Oslo?' };

await withAttribution({ feature: 'travel', user: 'user-7' }, async () => {
  const answer = await gemini.models.generateContent(question);
  process.stdout.write(`Whole: ${answer.text}\n`);

  process.stdout.write('Streamed: ');
  for await (const chunk of await gemini.models.generateContentStream(question)) {
    process.stdout.write(chunk.text ?? '');
  }
  process.stdout.write('\n');
});
