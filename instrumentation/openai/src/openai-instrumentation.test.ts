/** The instrumentation as OpenTelemetry drives it. */
import { expectFollowedContent } from '@ai-cost-profiler/core/test-followed-content.ts';
import { it } from 'vitest';
import { OpenAIInstrumentation } from './openai-instrumentation.ts';

const ANSWER = { id: 'chatcmpl-1', choices: [] };

it('tells of words what its options say at the moment', async () => {
  const instrumentation = new OpenAIInstrumentation();
  const [file] = instrumentation['init']().files;
  const call = { path: '/chat/completions', answer: ANSWER };
  await expectFollowedContent(instrumentation, call, (client) =>
    file!.patch({ OpenAI: client }, '7.0.0'),
  );
});
