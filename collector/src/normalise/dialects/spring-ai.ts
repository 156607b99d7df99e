/**
 * Spring AI, through Micrometer: every value is a string, `none` stands for what is not told. Counts are the
 * provider's, so Anthropic's and Bedrock's input holds no cache tokens; the total is input + output either way and
 * proves nothing. Source: github.com/spring-projects/spring-ai at fd3fd6e, spring-ai-commons observation conventions.
 */
import { joinNames, OTEL_IDENTITY, OTEL_USAGE, UNDERSCORE_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

export const springAi = defineDialect({
  name: 'spring_ai',
  summary: 'Spring AI: every value is text; what a total holds follows the provider.',
  marks: [
    { scopes: ['org.springframework.boot', 'org.springframework.ai', 'io.micrometer.tracing'] },
    { values: { 'gen_ai.system': ['spring_ai'] } },
    { keys: ['spring.ai.kind', 'spring.ai.chat.client.conversation.id'] },
  ],
  identity: OTEL_IDENTITY,
  operations: { framework: 'invoke_workflow' },
  usage: joinNames(OTEL_USAGE, UNDERSCORE_USAGE),
  attribution: { session: ['spring.ai.chat.client.conversation.id'] },
  inclusion: [
    {
      providers: ['anthropic', 'aws.bedrock'],
      input: 'exclusive',
      evidence: 'spring_ai: Anthropic and Bedrock counts',
    },
    {
      providers: ['openai', 'azure.ai.openai', 'gcp.vertex_ai', 'gcp.gemini', 'gcp.gen_ai'],
      input: 'inclusive',
      evidence: 'spring_ai: OpenAI and Google counts',
    },
  ],
  contentKeys: ['spring.ai.chat.client.user.text', 'spring.ai.chat.client.system.text'],
  contentPrefixes: ['spring.ai.model.'],
});
