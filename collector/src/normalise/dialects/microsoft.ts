/**
 * Microsoft: Semantic Kernel, Agent Framework, Microsoft.Extensions.AI (.NET). Counts as the provider's adapter gives
 * them; `invoke_agent` repeats the calls within (all of them since agent-framework PR #4739, the last one before).
 * Aspire exports ints as strings. Sources: microsoft/semantic-kernel at b39d95a, agent-framework at 5eb3eb7,
 * dotnet/extensions at 5862342.
 */
import { joinNames, OTEL_IDENTITY, OTEL_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

export const microsoft = defineDialect({
  name: 'microsoft',
  summary: 'Semantic Kernel, Agent Framework and Microsoft.Extensions.AI (.NET).',
  marks: [
    {
      scopes: [
        'Experimental.Microsoft.Extensions.AI',
        'Experimental.Microsoft.Agents.AI',
        'Microsoft.Extensions.AI',
        'Microsoft.Agents.AI',
        'Microsoft.SemanticKernel',
        'semantic_kernel',
        'agent_framework',
      ],
    },
    { values: { 'gen_ai.provider.name': ['microsoft.agent_framework'] } },
  ],
  identity: OTEL_IDENTITY,
  operations: {
    'chat.completions': 'chat',
    'chat.streaming_completions': 'chat',
    'text.completions': 'text_completion',
    'text.streaming_completions': 'text_completion',
    orchestrate_tools: 'agent_step',
  },
  usage: joinNames(OTEL_USAGE, {
    inputAudio: ['gen_ai.usage.input_audio_tokens'],
    outputAudio: ['gen_ai.usage.output_audio_tokens'],
  }),
  attribution: {
    session: ['microsoft.session.id'],
    user: ['microsoft.agent.user.id'],
    agent: ['microsoft.gen_ai.main_agent.name'],
  },
  inclusion: [
    {
      providers: ['openai', 'azure.ai.openai', 'azure.ai.inference'],
      input: 'inclusive',
      reasoning: 'inside',
      evidence: 'microsoft: OpenAI adapter',
    },
  ],
  roles: [
    {
      when: { values: { 'gen_ai.operation.name': ['invoke_agent'] } },
      role: 'aggregate',
      reason: 'an agent repeats the usage of its calls',
    },
  ],
  contentKeys: ['gen_ai.event.content'],
  contentPrefixes: [],
});
