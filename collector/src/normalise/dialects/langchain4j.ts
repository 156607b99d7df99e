/**
 * LangChain4j, also as Quarkus runs it. Plain OTel names, some as strings; finish reasons as one string. Which totals
 * hold cache tokens is the provider's affair: no row of its own. Sources: langchain4j at b8b809e, quarkus-langchain4j
 * at bf6b338.
 */
import { joinNames, OTEL_IDENTITY, OTEL_USAGE, UNDERSCORE_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

export const langChain4j = defineDialect({
  name: 'langchain4j',
  summary: 'LangChain4j, also as Quarkus runs it.',
  marks: [
    { scopes: ['dev.langchain4j', 'langchain4j', 'io.quarkiverse.langchain4j'] },
    { scopes: ['io.quarkus'], keys: ['gen_ai.request.model', 'gen_ai.operation.name'] },
    { spanNames: ['langchain4j'] },
  ],
  identity: OTEL_IDENTITY,
  usage: joinNames(OTEL_USAGE, UNDERSCORE_USAGE),
  cost: ['gen_ai.client.estimated_cost'],
  roles: [
    {
      when: { spanNames: ['langchain4j.aiservices'] },
      role: 'aggregate',
      reason: 'an AI service calls models in spans of their own',
      operation: 'invoke_workflow',
    },
    {
      when: { spanNames: ['langchain4j.tools'] },
      role: 'non_billable',
      reason: 'a tool',
      operation: 'execute_tool',
    },
  ],
  contentKeys: ['gen_ai.tool.call.arguments', 'gen_ai.tool.call.result'],
  contentPrefixes: [],
});
