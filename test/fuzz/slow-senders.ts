/**
 * Senders that never come to an end: connections that give a byte now and then, in the headers or in the body. They may
 * be cut off; nobody else may notice them.
 */
import { connect, type Socket } from 'node:net';
import type { Target } from './deliver-body.ts';

const BYTE_EVERY_MS = 400;

export interface SlowSenders {
  /** Connections that the collector ended, and those that are open. */
  counts(): { ended: number; open: number };
  stop(): void;
}

export function startSlowSenders({ url, key }: Target, count: number): SlowSenders {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let ended = 0;
  let isStopped = false;
  const open = (n: number): void => {
    const socket = connect(Number(port), hostname);
    const head = `POST /v1/traces HTTP/1.1\r\nhost: a\r\nx-api-key: ${key}\r\ncontent-type: application/json\r\n`;
    const text = n % 2 === 0 ? head : `${head}content-length: 1000000\r\n\r\n{"resourceSpans":[`;
    let at = n % 2 === 0 ? 0 : text.length - 10;
    socket.write(text.slice(0, at));
    const timer = setInterval(() => {
      socket.write(text[at] ?? ' ');
      at++;
    }, BYTE_EVERY_MS);
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.resume().on('close', () => {
      clearInterval(timer);
      sockets.delete(socket);
      ended++;
      if (!isStopped) setTimeout(() => isStopped || open(n), BYTE_EVERY_MS).unref();
    });
  };
  for (let n = 0; n < count; n++) open(n);
  return {
    counts: () => ({ ended, open: sockets.size }),
    stop() {
      isStopped = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}
