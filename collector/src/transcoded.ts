/** A JSON request written as protobuf, if it is long in another thread; what is no request is its sender's problem. */
import { DecodeError, type DecodeLimits } from './decode/decode-error.ts';
import type { Transcoded } from './decode/decode-json.ts';
import type { JsonThread } from './decode/json-thread.ts';
import type { MessageName } from './decode/message-schema.ts';
import { undecodable } from './undecodable.ts';

/** @throws Problem bad_request */
export async function transcoded(
  json: JsonThread,
  bytes: Uint8Array,
  { root, limits }: { root: MessageName; limits: DecodeLimits },
): Promise<Transcoded> {
  try {
    return await json.transcode(bytes, root, limits.depthMax);
  } catch (error) {
    if (error instanceof DecodeError) throw undecodable(error);
    throw error;
  }
}
