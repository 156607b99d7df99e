/**
 * `send` of BedrockRuntimeClient, which every command goes through, and a middleware of the client that sees each try:
 * it stands behind the one that tries again.
 */
import type { Content } from '@ai-cost-profiler/core/content.ts';
import { errorAttributes } from '@ai-cost-profiler/core/error-attributes.ts';
import { safely } from '@ai-cost-profiler/core/host-safety.ts';
import type { TappedCall } from '@ai-cost-profiler/core/stream-tap.ts';
import { tapIterable } from '@ai-cost-profiler/core/tapped-answer.ts';
import { WatchMark } from '@ai-cost-profiler/core/watch-mark.ts';
import {
  beginCall,
  type SentCall,
  sentCall,
  watchCall,
} from '@ai-cost-profiler/core/watched-call.ts';
import type { Tracer } from '@opentelemetry/api';
import { BedrockReader, type Output } from './bedrock-reader.ts';
import { type ConverseInput, ConverseReader } from './converse.ts';
import { type InvokeModelInput, InvokeModelReader } from './invoke-model.ts';
import { type CountTokensInput, TokenCountReader } from './token-count.ts';

export interface Command {
  readonly input: unknown;
}

/** What the SDK's module exports, as far as it is watched. */
export interface BedrockExports {
  readonly BedrockRuntimeClient: { readonly prototype: { send: Send } };
  readonly ConverseCommand: CommandClass;
  readonly ConverseStreamCommand: CommandClass;
  readonly InvokeModelCommand: CommandClass;
  /** Since 2025. */
  readonly CountTokensCommand?: CommandClass;
  readonly InvokeModelWithResponseStreamCommand: CommandClass;
}

type CommandClass = abstract new (...parameters: never[]) => object;
type Callback = (error: unknown, output?: unknown) => void;
export type Send = (
  this: BedrockClient,
  command: Command,
  optionsOrCallback?: unknown,
  callback?: unknown,
) => unknown;

export interface BedrockClient {
  readonly config: { readonly region?: () => Promise<string> };
  readonly middlewareStack: { add(middleware: Middleware, options: object): void };
}

export interface Watching {
  readonly tracer: () => Tracer;
  readonly content: () => Content;
}

interface WatchedCommand {
  readonly name: Exclude<keyof BedrockExports, 'BedrockRuntimeClient'>;
  /** The field of the output that is iterated, of a stream. */
  readonly stream?: 'stream' | 'body';
  readonly readerFor: (input: unknown, content: Content) => BedrockReader;
}

const converse = (input: unknown, content: Content): BedrockReader =>
  new ConverseReader(input as ConverseInput, content);
const invoke = (input: unknown, content: Content): BedrockReader =>
  new InvokeModelReader(input as InvokeModelInput, content);

const COMMANDS: readonly WatchedCommand[] = [
  { name: 'ConverseCommand', readerFor: converse },
  { name: 'ConverseStreamCommand', stream: 'stream', readerFor: converse },
  { name: 'InvokeModelCommand', readerFor: invoke },
  { name: 'InvokeModelWithResponseStreamCommand', stream: 'body', readerFor: invoke },
  {
    name: 'CountTokensCommand',
    readerFor: (input) => new TokenCountReader(input as CountTokensInput),
  },
];

const MARK = new WatchMark('@ai-cost-profiler/bedrock');

/** Whether it is watched already: by hand, or by another instance. Twice would be two spans a call. */
export const isWatched = (send: Send): boolean => MARK.isOn(send);

/** `send`, watched. It gives what the SDK's own gives. */
export function watchSend(original: Send, exports: BedrockExports, watching: Watching): Send {
  const find = commandFinder(exports);
  const watchedSend: Send = function send(command, optionsOrCallback, callback) {
    const watched = safely('looking at a command', () => find(command));
    const call =
      watched === undefined
        ? undefined
        : beginCall(watching.tracer, () => watched.readerFor(command.input, watching.content()));
    if (call === undefined) return original.call(this, command, optionsOrCallback, callback);
    safely('watching a client', () => watchTries(this));
    const look = (output: Output, tapped: TappedCall): void =>
      lookAtOutput(output, tapped, watched?.stream);
    const told = [optionsOrCallback, callback].find(isCallback);
    if (told === undefined) {
      const make = () => original.call(this, command, optionsOrCallback) as Promise<Output>;
      return watchCall(call, make, look);
    }
    const options = isCallback(optionsOrCallback) ? undefined : optionsOrCallback;
    const make = () =>
      new Promise<Output>((resolve, reject) => {
        const answered: Callback = (error, output) =>
          error ? reject(error) : resolve(output as Output);
        original.call(this, command, options, answered);
      });
    callBack(watchCall(call, make, look), told);
    return undefined;
  };
  return MARK.put(watchedSend);
}

const isCallback = (given: unknown): given is Callback => typeof given === 'function';

/** Looks each class of commands up once. */
function commandFinder(exports: BedrockExports): (command: Command) => WatchedCommand | undefined {
  const known = new WeakMap<object, WatchedCommand | typeof NO_CALL>();
  return (command) => {
    const kind = command.constructor;
    let found = known.get(kind);
    if (found === undefined) {
      found = watchedCommand(exports, command) ?? NO_CALL;
      known.set(kind, found);
    }
    return found === NO_CALL ? undefined : (found as WatchedCommand);
  };
}

const NO_CALL = Symbol('no call');

const watchedCommand = (exports: BedrockExports, command: Command): WatchedCommand | undefined =>
  COMMANDS.find(({ name }) => {
    const kind = exports[name];
    return kind !== undefined && command instanceof kind;
  });

/** As the SDK does: what the callback throws goes nowhere. */
function callBack(made: Promise<Output>, callback: Callback): void {
  made
    .then(
      (output) => callback(null, output),
      (error) => callback(error),
    )
    .catch((error) => {
      safely('calling back', () => {
        throw error;
      });
    });
}

function lookAtOutput(
  output: Output,
  call: TappedCall,
  stream: 'stream' | 'body' | undefined,
): void {
  const { span } = call;
  const reader = call.reader as BedrockReader;
  reader.noteOutput(output);
  const iterable = stream === undefined ? undefined : (output as Record<string, unknown>)[stream];
  if (iterable !== undefined) {
    tapIterable(iterable as AsyncIterable<unknown>, call);
    return;
  }
  span.answered(reader.readWhole(output));
  span.end();
}

interface Sent {
  readonly request?: { readonly hostname?: string };
}

interface Answered {
  readonly response?: { readonly headers?: Readonly<Record<string, string>> };
}

type Handler = (sent: Sent) => Promise<Answered>;
type Middleware = (next: Handler) => Handler;

const clients = new WeakSet<BedrockClient>();

/** Adds the middleware, once for each client. */
function watchTries(client: BedrockClient): void {
  if (clients.has(client)) return;
  clients.add(client);
  const region = client.config.region;
  client.middlewareStack.add(
    (next) => (sent) => {
      const call = sentCall();
      return call === undefined || !(call.reader instanceof BedrockReader) || !call.span.isRecording
        ? next(sent)
        : sendTry({ call, reader: call.reader, region }, next, sent);
    },
    { name: 'aiCostProfilerTries', step: 'finalizeRequest', priority: 'low', override: true },
  );
}

interface SendingCall {
  readonly call: SentCall;
  readonly reader: BedrockReader;
  readonly region: (() => Promise<string>) | undefined;
}

async function sendTry(
  { call, reader, region }: SendingCall,
  next: Handler,
  sent: Sent,
): Promise<Answered> {
  const startMs = performance.now();
  safely('beginning a try', () => call.span.tryBegins());
  try {
    const answered = await next(sent);
    const served = await knownRegion(region);
    safely('reading headers', () => {
      const headers = answered.response?.headers;
      reader.noteSent({ region: served, hostname: sent.request?.hostname, headers });
    });
    return answered;
  } catch (error) {
    safely('telling of a failed try', () => call.span.tryFailed(startMs, errorAttributes(error)));
    throw error;
  }
}

/** The request was signed for it, so that nothing is looked up. */
async function knownRegion(region: SendingCall['region']): Promise<string | undefined> {
  try {
    return await region?.();
  } catch {
    return undefined;
  }
}
