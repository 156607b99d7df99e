/**
 * Operations and who is billed for them, seen from one span alone. Settle, which sees whole traces, may correct it.
 * Names: OTel GenAI conventions (semantic-conventions-genai, 2026-08), and what emitters write besides them.
 */
import type { Role } from './call.ts';

interface OperationRule {
  operation: string;
  role: Role;
}

const billable = (operation: string): OperationRule => ({ operation, role: 'leaf' });
const aggregate = (operation: string): OperationRule => ({ operation, role: 'aggregate' });
const free = (operation: string): OperationRule => ({ operation, role: 'non_billable' });

/** Lower-case raw name → canonical operation and role. */
const OPERATIONS: ReadonlyMap<string, OperationRule> = new Map([
  ['chat', billable('chat')],
  ['completion', billable('text_completion')],
  ['text_completion', billable('text_completion')],
  ['generate_content', billable('generate_content')],
  ['embeddings', billable('embeddings')],
  ['embedding', billable('embeddings')],
  ['rerank', billable('rerank')],
  ['image', billable('image')],
  ['image_generation', billable('image')],
  ['speech', billable('speech')],
  ['transcription', billable('transcription')],
  ['invoke_agent', aggregate('invoke_agent')],
  ['invoke_workflow', aggregate('invoke_workflow')],
  ['agent_step', aggregate('agent_step')],
  ['create_agent', free('create_agent')],
  ['execute_tool', free('execute_tool')],
  ['retrieval', free('retrieval')],
  ['plan', free('plan')],
  ['fetch_response', free('fetch')],
  ['count_tokens', free('count')],
  ['create_memory_store', free('memory')],
  ['delete_memory_store', free('memory')],
  ['create_memory', free('memory')],
  ['update_memory', free('memory')],
  ['upsert_memory', free('memory')],
  ['delete_memory', free('memory')],
  ['search_memory', free('memory')],
]);

/** Operation, role and the reason for it. `hasUsage`: the span reports tokens. */
export function placeOperation(
  raw: string | undefined,
  hasUsage: boolean,
): { operation: string; role: Role; reason: string } {
  const rule = raw === undefined ? undefined : OPERATIONS.get(raw.toLowerCase());
  if (rule !== undefined) {
    return { ...rule, reason: `operation ${rule.operation}` };
  }
  if (hasUsage) {
    // Older generations have no operation name; a newer word we do not know still used tokens.
    return raw === undefined
      ? { operation: '', role: 'leaf', reason: 'usage without an operation name' }
      : { operation: raw, role: 'leaf', reason: 'usage with an unknown operation name' };
  }
  return { operation: raw ?? '', role: 'unknown', reason: 'neither usage nor a known operation' };
}
