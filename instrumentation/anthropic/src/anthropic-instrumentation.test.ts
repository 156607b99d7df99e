/** The instrumentation as OpenTelemetry drives it. */
import { expectFollowedContent } from '@ai-cost-profiler/core/test-followed-content.ts';
import { it } from 'vitest';
import { AnthropicInstrumentation } from './anthropic-instrumentation.ts';

const ANSWER = { id: 'msg_1', content: [], usage: { input_tokens: 1, output_tokens: 1 } };

it('tells of words what its options say at the moment', async () => {
  const instrumentation = new AnthropicInstrumentation();
  const [file] = instrumentation['init']().files;
  const call = { path: '/v1/messages', answer: ANSWER };
  await expectFollowedContent(instrumentation, call, (client) =>
    file!.patch({ Anthropic: client }, '1.0.0'),
  );
});
