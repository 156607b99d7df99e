/**
 * The token with which an export that was cut off goes on: the range and the snapshot it had, as text that only this
 * installation can make, for the tenant and the parameters it was made for.
 */
import { z } from 'zod';
import { InputProblem } from '../input-problem.ts';
import { readSigned, type SigningSecret, signText } from '../signed-text.ts';
import { SNAPSHOT_SCHEMA } from '../snapshot.ts';
import type { Reader } from '../tenant-scope.ts';
import type { ExportInput } from './input.ts';

const RESUMED_SCHEMA = z.object({
  from: z.string().regex(/^\d+$/),
  to: z.string().regex(/^\d+$/),
  snapshot: SNAPSHOT_SCHEMA,
});
/** `from` and `to` in nanoseconds since 1970. */
type Resumed = z.output<typeof RESUMED_SCHEMA>;

const EXPECTED =
  'x-export-resume of the export that was cut off, with the same parameters and tenant';

interface Purpose {
  readonly input: ExportInput;
  readonly reader: Reader;
  readonly secret: SigningSecret;
}

export function sealResume(purpose: Purpose, resumed: Resumed): string {
  return signText(purpose.secret, purposeText(purpose), resumed);
}

/** Throws InputProblem, field `resume`, unless `sealResume` made the text for the same purpose. */
export function openResume(purpose: Purpose, text: string): Resumed {
  const read = readSigned(purpose.secret, purposeText(purpose), text);
  const resumed = RESUMED_SCHEMA.safeParse(read);
  // One of another release has another shape.
  if (resumed.success) return resumed.data;
  throw new InputProblem([{ field: 'resume', value: text, expected: EXPECTED }]);
}

/** JSON on one line: no two purposes have one text, and none is the beginning of another. */
function purposeText({ input, reader }: Purpose): string {
  return `export\n${JSON.stringify([input.name, reader.tenant, input.asked])}\n`;
}
