// Sends what a question answered, so that a client that has it already need not take it again.
// Invariant: an answer is kept by the client that asked alone, and used again unasked only where it says nothing that
// is still open.
import { createHash } from 'node:crypto';
import { parseInstant } from '@ai-cost-profiler/queries/range.ts';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { parametersOf } from './parameters-of.ts';

/** A late span, or a new price, may still change what is settled: so not for long. */
const SETTLED_SECONDS = 60;
/** 162 bits. */
const TAG_CHARS = 27;

/** The members of an answer that tell whether its figures may still change. */
const FINALITY = z.object({
  to: z.string(),
  settled_through: z.string(),
  provisional: z.object({ calls: z.literal(0) }),
});

/** Answers 200 with a tag of the body, or 304 to who names that tag in `if-none-match`. */
export function sendAnswer(request: Request, response: Response, body: object): void {
  const text = JSON.stringify(body);
  const tag = tagOf(text);
  const isFinal = isAbsolute(request) && isSettled(body);
  response
    .set({
      etag: tag,
      'cache-control': isFinal ? `private, max-age=${SETTLED_SECONDS}` : 'private, no-cache',
    })
    .vary('x-api-key, authorization');
  if (isNamed(tag, request.get('if-none-match'))) response.status(304).end();
  else response.type('application/json').send(text);
}

/** The entity tag of a text. */
export const tagOf = (text: string): string =>
  `"${createHash('sha256').update(text).digest('base64url').slice(0, TAG_CHARS)}"`;

/** RFC 9110, 13.1.2. Express would not look at the tag where `fetch` sent `cache-control: no-cache` beside it. */
export function isNamed(tag: string, list = ''): boolean {
  const named = list.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return named.includes(tag) || named.includes('*');
}

/** `now` is another instant each time, so an answer about it fits no later question. */
function isAbsolute(request: Request): boolean {
  const parameters = parametersOf(request);
  return ['from', 'to'].every((name) => /^\d/.test(parameters.get(name) ?? ''));
}

function isSettled(body: object): boolean {
  const told = FINALITY.safeParse(body).data;
  if (told === undefined) return false;
  return parseInstant(told.to, 0n) <= parseInstant(told.settled_through, 0n);
}
