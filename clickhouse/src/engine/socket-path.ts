/**
 * Where the Unix socket of a data directory is. Invariant: the path fits the system's limit for
 * socket names; a directory with a long name gets a short path in the temporary directory, and
 * `engine.address` in the data directory says where it is.
 */
import { createHash } from 'node:crypto';

/** sun_path holds 108 bytes on Linux and 104 on macOS, with the final zero. */
const SOCKET_PATH_BYTES_MAX = 103;

/** The socket's path for an absolute data directory. */
export function socketPathFor(dataDir: string, temporaryDir: string): string {
  const inside = `${dataDir}/engine.sock`;
  if (Buffer.byteLength(inside) <= SOCKET_PATH_BYTES_MAX) {
    return inside;
  }
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  return `${temporaryDir}/aicost-${name}.sock`;
}
