// Reads the JSON body of a request by its schema. What is wrong is said with field, value and what was expected.
import { plainError } from '@ai-cost-profiler/queries/plain-error.ts';
import { json, type Request, type RequestHandler } from 'express';
import { z } from 'zod';
import { Problem } from '../problems.ts';

const SHOWN_CHARS_MAX = 100;

/** Takes any content type: a body that is not JSON is told as that. */
export const jsonBody = (bytesMax: number): RequestHandler =>
  json({ limit: bytesMax, type: () => true, strict: true });

/** @throws Problem parameter_invalid for the first field that is not as the schema says */
export function readBody<T>(schema: z.ZodType<T>, request: Request): T {
  refusePrototype(request.body);
  const result = schema.safeParse(request.body, { error: plainError });
  if (result.success) return result.data;
  const { field, value, expected } = faultOf(schema, request.body, result.error);
  const told = JSON.stringify(value) ?? 'missing';
  const shown = told.length > SHOWN_CHARS_MAX ? `${told.slice(0, SHOWN_CHARS_MAX)}…` : told;
  throw new Problem('parameter_invalid', `${field} is ${shown}: ${expected}.`);
}

interface Fault {
  readonly field: string;
  readonly value: unknown;
  /** As a sentence goes on. */
  readonly expected: string;
}

function faultOf(schema: z.ZodType, body: unknown, { issues: [issue] }: z.ZodError): Fault {
  const path = issue?.path ?? [];
  const names = namesOf(schema);
  if (body === undefined) {
    const of = names.length === 0 ? '' : ` of ${names.join(', ')}`;
    return { field: 'the body', value: body, expected: `expected an object${of}` };
  }
  if (issue?.code === 'unrecognized_keys') {
    const way = [...path, issue.keys[0] ?? ''];
    // Of what lies deeper the schema may be one of several.
    const isKnown = path.length === 0 && names.length > 0;
    const expected = isKnown ? `expected one of ${names.join(', ')}` : 'there is no such member';
    return { field: way.map(String).join('.'), value: valueAt(body, way), expected };
  }
  const field = path.map(String).join('.') || 'the body';
  return { field, value: valueAt(body, path), expected: issue?.message ?? '' };
}

/** The members that a body may have; none where its schema is no object. */
function namesOf(schema: unknown): readonly string[] {
  if (schema instanceof z.ZodPipe) return namesOf(schema.in);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

const PROTOTYPE = '__proto__';

/**
 * Where a schema takes members of any name it leaves that one out without a word: what was asked for would not be what
 * is done. Not recursive, for a body may nest deeper than the stack.
 * @throws Problem parameter_invalid
 */
function refusePrototype(body: unknown): void {
  const waiting: { readonly value: unknown; readonly way: string }[] = [{ value: body, way: '' }];
  for (const { value, way } of waiting) {
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, one] of Object.entries(value)) {
      if (name === PROTOTYPE) {
        throw new Problem('parameter_invalid', `${way}${name} is no name that a member may have.`);
      }
      if (typeof one === 'object') waiting.push({ value: one, way: `${way}${name}.` });
    }
  }
}
