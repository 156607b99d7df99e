/** Whether a payload was recorded from its source, or constructed from the source's code or documentation. */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { ROOT, readText } from './send-page.ts';

const originSchema = z.object({
  origin: z.object({ kind: z.enum(['recorded', 'constructed']) }),
});

/** Golden files tell it beside the request. Those of this folder were all constructed. */
export function isRecorded(payload: string): boolean {
  const besides = ['.call.json', '.billed.json'].map((end) => payload.replace('.otlp.json', end));
  const told = besides.find((path) => path !== payload && existsSync(ROOT + path));
  if (told === undefined) return false;
  return originSchema.parse(JSON.parse(readText(told))).origin.kind === 'recorded';
}
