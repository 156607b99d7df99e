/**
 * Anthropic's own SDKs, which trace themselves (TypeScript from 1.x on), and the spans of the Claude platform below
 * them. OTel names whose input total holds the cache tokens, and beside them the cache writes by TTL, which are priced
 * apart. An instrumentation around the SDK sees the same call a second time, as its parent: settle bills one.
 * Source: npm @anthropic-ai/sdk 1.12.0, internal/tracing.js; the fixtures are recorded from it.
 */
import { OTEL_IDENTITY, OTEL_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

const { cacheWrite: _inAll, ...usage } = OTEL_USAGE;

export const anthropicSdk = defineDialect({
  name: 'anthropic_sdk',
  summary:
    "Anthropic's own SDKs, which trace themselves, and the spans of the Claude platform below them.",
  marks: [{ scopes: ['com.anthropic.sdk', 'com.anthropic.claude-platform'] }],
  identity: OTEL_IDENTITY,
  usage: {
    ...usage,
    // Of the writes in all, which the conventions' name tells, these are the parts.
    cacheWrite5m: ['anthropic.usage.cache_creation.ephemeral_5m_input_tokens'],
    cacheWrite1h: ['anthropic.usage.cache_creation.ephemeral_1h_input_tokens'],
  },
  context: {
    serviceTier: ['anthropic.response.service_tier'],
    requestedTier: ['anthropic.request.service_tier'],
  },
  inclusion: [{ input: 'inclusive', reasoning: 'inside', evidence: 'anthropic sdk sums' }],
  roles: [
    {
      when: { spanNames: ['anthropic.messages.count_tokens'] },
      role: 'non_billable',
      reason: 'counting tokens is free',
    },
  ],
  authority: 60,
  tags: {
    named: { 'anthropic.organization.id': 'organization', 'anthropic.workspace.id': 'workspace' },
  },
  contentKeys: ['anthropic.tool_result.content'],
  contentPrefixes: [],
});
