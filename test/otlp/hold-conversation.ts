/** Plays a case below the level of requests: bytes on one bare connection, and the answers that come back. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConversationCase, Receiver, Step } from './conformance-case.ts';

const ANSWER_TIMEOUT_MS = 15_000;
const DRIP_EVERY_MS = 50;
/** A slow sender is borne a little longer than the receiver says. */
const SLOW_GRACE_MS = 8_000;

/** What a connection said so far. */
interface Heard {
  statuses: number[];
  isClosed: boolean;
}

/** @returns what is wrong, or undefined */
export async function holdConversation(
  one: ConversationCase,
  receiver: Receiver,
): Promise<string | undefined> {
  const socket = open(receiver.httpUrl!);
  const crowd: Socket[] = [];
  const heard: Heard = { statuses: [], isClosed: false };
  listenTo(socket, heard);
  try {
    for (const step of one.steps) await play(step, { socket, crowd, heard, receiver });
    if (one.steps.at(-1)?.kind === 'hang up') return undefined;
    const isLast = () => heard.isClosed || heard.statuses.length >= one.statuses.length;
    await until(isLast, ANSWER_TIMEOUT_MS);
    if (one.closes) await until(() => heard.isClosed, ANSWER_TIMEOUT_MS);
    return judge(one, heard);
  } finally {
    for (const one of [socket, ...crowd]) one.destroy();
  }
}

function open(url: string): Socket {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return protocol === 'https:'
    ? connectTls({ host, port: Number(port) || 443, servername: host })
    : connect({ host, port: Number(port) || 80 });
}

/** Counts answers by their status lines: no body of these cases has one. */
function listenTo(socket: Socket, heard: Heard): void {
  let text = '';
  socket.on('data', (piece: Buffer) => {
    text += piece.toString('latin1');
    heard.statuses = [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map((match) => Number(match[1]));
  });
  const close = (): void => {
    heard.isClosed = true;
  };
  socket.on('end', close).on('close', close).on('error', close);
}

interface Stage {
  readonly socket: Socket;
  readonly crowd: Socket[];
  readonly heard: Heard;
  readonly receiver: Receiver;
}

async function play(step: Step, stage: Stage): Promise<void> {
  const { socket, crowd, heard, receiver } = stage;
  switch (step.kind) {
    case 'send':
      socket.write(fill(step.text, receiver));
      return;
    case 'await':
      await until(() => heard.isClosed || heard.statuses.length >= step.answers, ANSWER_TIMEOUT_MS);
      return;
    case 'drip':
      await drip(socket, heard, (receiver.slowMs ?? 0) + SLOW_GRACE_MS);
      return;
    case 'hang up':
      socket.destroy();
      return;
    case 'crowd':
      while (crowd.length < step.connections) crowd.push(open(receiver.httpUrl!));
      await Promise.all(crowd.map(isSettled));
  }
}

/** `{head}` is the usual head of a JSON request, up to where its length is told; `{key}` the line of the key. */
function fill(text: string, receiver: Receiver): string {
  const key = receiver.key === null ? '' : `x-api-key: ${receiver.key}\r\n`;
  return text
    .replaceAll(
      '{head}',
      `POST /v1/traces HTTP/1.1\r\nhost: otlp\r\ncontent-type: application/json\r\n{key}`,
    )
    .replaceAll('{key}', key);
}

async function drip(socket: Socket, heard: Heard, forMs: number): Promise<void> {
  const endMs = performance.now() + forMs;
  const isDone = () => heard.isClosed || heard.statuses.length > 0 || performance.now() > endMs;
  while (!isDone()) {
    socket.write('x');
    await pause(DRIP_EVERY_MS);
  }
}

/** Whether a connection was made or refused is the receiver's choice. */
const isSettled = (socket: Socket): Promise<unknown> =>
  new Promise((resolve) => socket.on('connect', resolve).on('error', resolve).on('close', resolve));

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(isDone: () => boolean, withinMs: number): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!isDone() && performance.now() < endMs) await pause(2);
}

function judge(one: ConversationCase, heard: Heard): string | undefined {
  const told = `${heard.statuses.join(', ') || 'no answer'}${heard.isClosed ? ', closed' : ''}`;
  const wanted = one.statuses.map((some) => some.join('/')).join(', ');
  const mayEnd = one.mayCloseAfter;
  const enough = mayEnd !== undefined && heard.isClosed ? mayEnd : one.statuses.length;
  const isRight =
    heard.statuses.length >= enough &&
    heard.statuses.every((status, index) => one.statuses[index]?.includes(status) ?? false);
  const endsRight = one.closes === undefined || one.closes === heard.isClosed;
  if (isRight && endsRight) return undefined;
  const end = one.closes === undefined ? '' : one.closes ? ', closed' : ', open';
  return `${told}; expected ${wanted}${end}`;
}
