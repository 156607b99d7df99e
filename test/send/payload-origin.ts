/** Whether a payload was recorded from its source, or constructed from the source's code or documentation. */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { ROOT, readText } from './send-page.ts';

const originSchema = z.object({
  origin: z.object({ kind: z.enum(['recorded', 'constructed']) }),
});

/** Files that tell it beside the request: golden ones, and for log events one of that alone. */
const BESIDES = ['.call.json', '.billed.json', '.origin.json'];

/** A payload that nothing beside it tells of was constructed. */
export function isRecorded(payload: string): boolean {
  const besides = BESIDES.map((end) => payload.replace(/(\.otlp)?\.json$/, end));
  const told = besides.find((path) => existsSync(ROOT + path));
  if (told === undefined) return false;
  return originSchema.parse(JSON.parse(readText(told))).origin.kind === 'recorded';
}
