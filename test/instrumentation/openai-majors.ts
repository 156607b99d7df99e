/** The OpenAI SDK in every major that is watched, each with its own classes, in one process. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { instrumentOpenAI } from '@ai-cost-profiler/openai/openai-instrumentation.ts';
import type { OpenAIOptions } from '@ai-cost-profiler/openai/openai-options.ts';
import { installEmitter } from '../emitters/install-emitter.ts';

export const MAJORS = [4, 5, 6, 7] as const;

/** Anything that a test reads of an answer. */
export interface Answer {
  readonly id: string;
  readonly choices: readonly { message?: { content: string }; delta?: { content?: string } }[];
  readonly usage?: unknown;
  readonly output_text: string;
  readonly data: readonly { embedding: number[] }[];
  readonly [more: string]: unknown;
}

export interface AnswerStream extends AsyncIterable<Answer> {
  readonly controller: AbortController;
  tee(): [AnswerStream, AnswerStream];
  toReadableStream(): ReadableStream<Uint8Array>;
  finalChatCompletion(): Promise<Answer>;
  finalResponse(): Promise<Answer>;
}

/** `Stream` only where one was asked for. */
export interface ApiPromise extends Promise<Answer & AnswerStream> {
  asResponse(): Promise<Response & { body: AsyncIterable<Uint8Array> }>;
  withResponse(): Promise<{ data: Answer & AnswerStream; response: Response }>;
}

type Method = (body: object, options?: object) => ApiPromise;

export interface Client {
  readonly baseURL: string;
  readonly chat: {
    completions: {
      create: Method;
      /** Of openai 4 it is in `beta`. */
      parse?: Method;
      stream(body: object): AnswerStream;
    };
  };
  readonly beta: Client;
  readonly completions: { create: Method };
  readonly responses: {
    create: Method;
    parse: Method;
    stream(body: object): AnswerStream;
    retrieve(id: string, query?: object): ApiPromise;
  };
  readonly embeddings: { create: Method };
  readonly images: { generate: Method; edit: Method };
  readonly audio: {
    speech: {
      create(body: object): Promise<Response> & { asResponse(): Promise<Response> };
    };
    transcriptions: { create: Method };
    translations: { create: Method };
  };
  readonly files: { content(id: string): Promise<Response> };
  readonly batches: { retrieve(id: string): ApiPromise };
}

export type ClientClass = new (options: object) => Client;

export interface OpenAIMajor {
  readonly OpenAI: ClientClass;
  readonly AzureOpenAI: ClientClass;
  /** A file to send. */
  toFile(bytes: Buffer, name: string): Promise<unknown>;
}

/** The CommonJS build, installed where it is not, and watched. */
export async function loadOpenAI(
  major: number,
  options: OpenAIOptions = {},
): Promise<OpenAIMajor & { takeBack(): void }> {
  const folder = await installEmitter(`openai-${major}`);
  const require = createRequire(join(folder, 'package.json'));
  const { OpenAI, AzureOpenAI, toFile } = require('openai') as OpenAIMajor;
  const takeBack = instrumentOpenAI(OpenAI as unknown as { prototype: object }, options);
  return { OpenAI, AzureOpenAI, toFile, takeBack };
}

/** The ESM build, which has classes of its own: not watched. */
export async function loadBareOpenAI(major: number): Promise<OpenAIMajor> {
  const folder = await installEmitter(`openai-${major}`);
  const main = join(folder, 'node_modules', 'openai', 'index.mjs');
  return (await import(pathToFileURL(main).href)) as OpenAIMajor;
}
