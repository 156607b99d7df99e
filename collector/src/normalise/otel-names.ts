/**
 * The names of the OTel GenAI conventions, every generation, newest first, and the older names that many emitters
 * share. Source: github.com/open-telemetry/semantic-conventions, tags v1.26–v1.44, and …-genai at 024a4f9.
 */
import type { CountNames, IdentityName, Names } from './dialect-table.ts';
import type { CountName } from './usage/counts.ts';

export const OTEL_IDENTITY: Names<IdentityName> = {
  operation: ['gen_ai.operation.name'],
  // 1.37 renamed gen_ai.system to gen_ai.provider.name.
  provider: ['gen_ai.provider.name', 'gen_ai.system'],
  requestModel: ['gen_ai.request.model'],
  responseModel: ['gen_ai.response.model'],
  responseId: ['gen_ai.response.id'],
};

/** What nearly every emitter writes of the conventions' usage. */
export const OTEL_USAGE: CountNames = {
  // 1.27 renamed prompt/completion to input/output.
  input: ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'],
  output: ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'],
  // Never in the conventions, but written beside them; evidence only.
  total: ['gen_ai.usage.total_tokens'],
  cacheRead: ['gen_ai.usage.cache_read.input_tokens'],
  // cache_creation in 1.40–1.41, cache_write since the genai repository (#440).
  cacheWrite: ['gen_ai.usage.cache_write.input_tokens', 'gen_ai.usage.cache_creation.input_tokens'],
  reasoning: ['gen_ai.usage.reasoning.output_tokens'],
};

/** Underscore names from before 1.40, which Traceloop began and many took over. */
export const UNDERSCORE_USAGE: CountNames = {
  cacheRead: ['gen_ai.usage.cache_read_input_tokens'],
  cacheWrite: ['gen_ai.usage.cache_creation_input_tokens', 'gen_ai.usage.cache_write_input_tokens'],
  reasoning: ['gen_ai.usage.reasoning_tokens'],
};

/** Names of several tables, those of the earlier table first. */
export function joinNames(...tables: readonly CountNames[]): CountNames {
  const joined: Partial<Record<CountName, readonly string[]>> = {};
  for (const table of tables) {
    for (const [name, names] of Object.entries(table) as [CountName, readonly string[]][]) {
      joined[name] = [...(joined[name] ?? []), ...names];
    }
  }
  return joined;
}
