/** What an answer has that the document does not say, or lacks although it does. */
import { z } from 'zod';
import type { Operation } from './operations.ts';

type Json = z.core.JSONSchema.JSONSchema;

interface Answered {
  readonly status: number;
  /** Media type, with its parameters. */
  readonly type: string;
  readonly text: string;
}

/** In words, each with its place; problems are held to their table by test/api/fences. */
export function answerFaults(
  { id, responses }: Pick<Operation, 'id' | 'responses'>,
  { status, type, text }: Answered,
): string[] {
  if (status >= 500) return [`${id} ${status}: ${text}`];
  const media = type.split(';', 1)[0]!;
  if (!/^application\/(json|x-ndjson)$/.test(media)) return [];
  const schema = responses[status]?.content?.[media]?.schema;
  if (schema === undefined) return [`${id} ${status}: there is no schema of ${media}`];
  // The lines of an export are told apart by its columns, and its schema is that of the text.
  if (schema.type === 'string') return [];
  const checked = z.fromJSONSchema(closed(schema) as Json);
  const values = media === 'application/json' ? [text] : text.trim().split('\n');
  return values.flatMap((value) => {
    const issues = checked.safeParse(JSON.parse(value)).error?.issues ?? [];
    return issues.map(({ path, message }) => `${id} ${status}: ${path.join('.')}: ${message}`);
  });
}

/** The schema with every object closed whose members are named and that does not say what else it may have. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, closed(value)]),
  );
  const isNamed = 'properties' in schema && !('additionalProperties' in schema);
  return isNamed ? { ...inner, additionalProperties: false } : inner;
}
