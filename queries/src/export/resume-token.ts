/**
 * The token with which an export that was cut off goes on: the range and the snapshot it had, as text that only this
 * installation can make, for the tenant and the parameters it was made for.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { InputProblem } from '../input-problem.ts';
import type { Reader } from '../tenant-scope.ts';
import type { ExportInput } from './input.ts';
import { SNAPSHOT_SCHEMA } from './snapshot.ts';

const RESUMED_SCHEMA = z.object({
  from: z.string().regex(/^\d+$/),
  to: z.string().regex(/^\d+$/),
  snapshot: SNAPSHOT_SCHEMA,
});
/** `from` and `to` in nanoseconds since 1970. */
type Resumed = z.output<typeof RESUMED_SCHEMA>;

const MAC_BYTES = 32;
const EXPECTED =
  'x-export-resume of the export that was cut off, with the same parameters and tenant';

interface Purpose {
  readonly input: ExportInput;
  readonly reader: Reader;
  /** Asked for at each use: it may be learned from another collector. */
  readonly secret: () => Uint8Array;
}

export function sealResume(purpose: Purpose, resumed: Resumed): string {
  const body = Buffer.from(JSON.stringify(resumed));
  return Buffer.concat([macOf(purpose, body), body]).toString('base64url');
}

/** Throws InputProblem, field `resume`, unless `sealResume` made the text for the same purpose. */
export function openResume(purpose: Purpose, text: string): Resumed {
  const bytes = Buffer.from(text, 'base64url');
  const [mac, body] = [bytes.subarray(0, MAC_BYTES), bytes.subarray(MAC_BYTES)];
  // Several texts decode to the same bytes: only the one that was given is taken.
  const isOurs =
    bytes.toString('base64url') === text &&
    mac.length === MAC_BYTES &&
    timingSafeEqual(mac, macOf(purpose, body));
  if (!isOurs) throw new InputProblem([{ field: 'resume', value: text, expected: EXPECTED }]);
  return RESUMED_SCHEMA.parse(JSON.parse(body.toString()));
}

function macOf({ input, reader, secret }: Purpose, body: Uint8Array): Buffer {
  // JSON on one line: no two purposes have one text, and none is the beginning of another.
  const purpose = JSON.stringify([input.name, reader.tenant, input.asked]);
  return createHmac('sha256', secret()).update(`export\n${purpose}\n`).update(body).digest();
}
