/**
 * Grafana Agent Observability (agento11y, before that Sigil): `generateText` and `streamText` ARE the calls here, not
 * the spans around them. Counts are raw: Anthropic's input holds no cache tokens, the others' does; zeros are left out.
 * Source: github.com/grafana/sigil-sdk at 7aefff4, js/src/providers.
 */
import { joinNames, OTEL_IDENTITY, OTEL_USAGE, UNDERSCORE_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

export const agentO11y = defineDialect({
  name: 'agento11y',
  summary: "Grafana's SDKs for agent observability (agento11y, formerly sigil).",
  marks: [
    { scopes: ['agento11y', 'sigil'] },
    {
      keys: [
        'agento11y.generation.id',
        'agento11y.sdk.name',
        'sigil.generation.id',
        'sigil.sdk.name',
      ],
    },
  ],
  identity: OTEL_IDENTITY,
  operations: { generatetext: 'chat', streamtext: 'chat' },
  usage: joinNames(OTEL_USAGE, UNDERSCORE_USAGE),
  attribution: { session: ['agento11y.framework.thread_id', 'sigil.framework.thread_id'] },
  inclusion: [
    {
      providers: ['anthropic', 'aws.bedrock'],
      input: 'exclusive',
      evidence: 'agento11y: Anthropic counts',
    },
    {
      providers: ['gcp.gemini', 'gcp.vertex_ai', 'gcp.gen_ai'],
      input: 'inclusive',
      reasoning: 'outside',
      evidence: 'agento11y: Google counts',
    },
    {
      providers: ['openai', 'azure.ai.openai'],
      input: 'inclusive',
      reasoning: 'inside',
      evidence: 'agento11y: OpenAI counts',
    },
  ],
  tags: { prefixes: ['agento11y.tag.', 'sigil.tag.'] },
  contentKeys: [],
  contentPrefixes: [],
});
