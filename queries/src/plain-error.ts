/** What a schema expected where it has no words of its own: without Zod's `Invalid option: …` and quotes. */
import type { z } from 'zod';

/** Given to `safeParse`; a message that a schema brings goes before it. */
export const plainError: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== 'invalid_value') return undefined;
  const values = (issue.values as readonly unknown[]).map(String);
  return values.length === 1 ? `expected ${values[0]}` : `expected one of ${values.join(', ')}`;
};

/** The same without `expected`, and without what Zod puts before it: `Too big: expected …`. */
export const expectedIn = (message: string): string =>
  message.replace(/^(?:[A-Z][a-z ]+: )?expected /, '');
