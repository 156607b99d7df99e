/** A request that could not be decoded, as the problem that its sender is told. */
import type { DecodeError } from './decode/decode-error.ts';
import { badRequest, Problem } from './problems.ts';

export function undecodable(error: DecodeError): Problem {
  if (error.code === 'too_many_records') {
    return new Problem('too_many_spans', error.message, { cause: error });
  }
  return badRequest(error.message, error);
}
