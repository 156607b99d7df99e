// Ends a session in time whose calls were given up before their answers were sent.
// Node counts an answer that waits as memory of its session (`maxSessionMemory`), and does not give that back when the
// stream is reset first. At the limit it would refuse every call of the connection with ENHANCE_YOUR_CALM, which
// clients do not try again; a session that is closed before costs them no more than a new connection.
import type { Http2Session, ServerHttp2Stream } from 'node:http2';

/** Far below what a session may have: over 100 of the longest answers, 100,000 of the usual ones. */
const UNSENT_BYTES_MAX = 512 * 1024;

const unsentBytes = new WeakMap<Http2Session, number>();

/** To be called before the answer is given to the stream. */
export function watchAnswer(stream: ServerHttp2Stream, answerBytes: number): void {
  const { session } = stream;
  if (session === undefined) return;
  stream.once('close', () => {
    // One that was sent before the reset is counted too: rather too much than too little.
    if (stream.writableFinished && stream.rstCode === 0) return;
    const total = (unsentBytes.get(session) ?? 0) + answerBytes;
    unsentBytes.set(session, total);
    if (total > UNSENT_BYTES_MAX && !session.closed) session.close();
  });
}
