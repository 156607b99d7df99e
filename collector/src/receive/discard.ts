// What remains of a refused body. Closing at once would reset the connection, and the client, still sending,
// would never see why; so the rest is read and thrown away, but only so much of it and for so long.
import type { IncomingMessage } from 'node:http';

const LINGER_MS = 5_000;

/** Reads on without keeping anything; ends the connection when the client does not stop. */
export function discardRest(request: IncomingMessage, limits: { readonly bytesMax: number }): void {
  if (request.complete || request.destroyed) return;
  let bytes = 0;
  const stop = (): void => {
    request.socket.destroy();
  };
  const timer = setTimeout(stop, LINGER_MS);
  timer.unref();
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limits.bytesMax) stop();
  });
  request.on('error', () => clearTimeout(timer));
  request.on('close', () => clearTimeout(timer));
  request.resume();
}
