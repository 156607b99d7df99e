/**
 * The methods of @google/genai that send one request each. The public ones are functions of the instance, and may send
 * several (automatic function calling, automatic continuation); all of them go through these, which stand on the
 * prototypes in versions 1 to 3.
 */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { Content } from '@ai-cost-profiler/core/content.ts';
import { safely } from '@ai-cost-profiler/core/host-safety.ts';
import { tapGenerator } from '@ai-cost-profiler/core/tapped-answer.ts';
import { WatchMark } from '@ai-cost-profiler/core/watch-mark.ts';
import { beginCall, sentCall, watchCall } from '@ai-cost-profiler/core/watched-call.ts';
import type { Tracer } from '@opentelemetry/api';
import { CacheReader } from './caches.ts';
import { EmbeddingsReader } from './embeddings.ts';
import { GenerateContentReader } from './generate-content.ts';
import type { GoogleCall, GoogleModule, GoogleParams } from './google-client.ts';
import { ImagesReader } from './images.ts';
import { TokenCountReader } from './token-count.ts';

/** What the SDK's module exports, as far as it is watched. */
export interface GoogleGenAIExports {
  readonly Models: { readonly prototype: object };
  readonly Caches: { readonly prototype: object };
  readonly HttpResponse: { readonly prototype: object };
  readonly GoogleGenAI: { readonly prototype: object };
}

export interface WatchedMethod {
  readonly owner: 'Models' | 'Caches';
  readonly method: string;
  /** How the path of its request ends, before a query. */
  readonly path: RegExp;
  readonly isStream?: boolean;
  readonly readerFor: (call: GoogleCall, content: Content) => CallReader;
}

const generateContent = (call: GoogleCall, content: Content): CallReader =>
  new GenerateContentReader(call, content);
const images = (call: GoogleCall): CallReader => new ImagesReader(call);

const PREDICT = /:predict($|\?)/;

export const WATCHED_METHODS: readonly WatchedMethod[] = [
  {
    owner: 'Models',
    method: 'generateContentInternal',
    path: /:generateContent($|\?)/,
    readerFor: generateContent,
  },
  {
    owner: 'Models',
    method: 'generateContentStreamInternal',
    path: /:streamGenerateContent\?/,
    isStream: true,
    readerFor: generateContent,
  },
  {
    owner: 'Models',
    method: 'embedContentInternal',
    path: /:(embedContent|batchEmbedContents|predict)($|\?)/,
    readerFor: (call) => new EmbeddingsReader(call),
  },
  { owner: 'Models', method: 'generateImagesInternal', path: PREDICT, readerFor: images },
  { owner: 'Models', method: 'editImageInternal', path: PREDICT, readerFor: images },
  { owner: 'Models', method: 'upscaleImageInternal', path: PREDICT, readerFor: images },
  { owner: 'Models', method: 'recontextImage', path: PREDICT, readerFor: images },
  {
    owner: 'Models',
    method: 'countTokens',
    path: /:countTokens($|\?)/,
    readerFor: (call) => new TokenCountReader(call),
  },
  {
    owner: 'Caches',
    method: 'create',
    path: /\/cachedContents($|\?)/,
    readerFor: (call) => new CacheReader(call),
  },
];

export interface Watching {
  readonly tracer: () => Tracer;
  readonly content: () => Content;
}

export type GoogleMethod = (
  this: GoogleModule,
  params: GoogleParams,
  ...more: unknown[]
) => Promise<unknown>;

const MARK = new WatchMark('@ai-cost-profiler/google-genai');

/** Whether a method is watched already: by hand, or by another instance. Twice would be two spans a call. */
export const isWatched = (method: object): boolean => MARK.isOn(method);

export const noted = <Method extends object>(method: Method): Method => MARK.put(method);

/** The method, watched. It gives what the SDK's own gives. */
export function watchMethod(
  original: GoogleMethod,
  { path, isStream, readerFor }: WatchedMethod,
  { tracer, content }: Watching,
): GoogleMethod {
  return noted(function watched(params, ...more) {
    const make = () => original.call(this, params, ...more);
    const call = beginCall(
      tracer,
      () => readerFor({ apiClient: this.apiClient, params }, content()),
      (sentTo) => path.test(sentTo),
    );
    if (call === undefined) return make();
    if (isStream !== true) return watchCall(call, make);
    return watchCall(call, make as () => Promise<AsyncGenerator>, tapGenerator);
  });
}

/** `HttpResponse.json` of the SDK, for what it leaves out of an answer. */
export function watchJson(original: GoogleMethod): GoogleMethod {
  return noted(function json(...parameters) {
    const made = original.apply(this, parameters);
    const reader = sentCall()?.reader;
    if (!(reader instanceof EmbeddingsReader)) return made;
    return made.then((body) => {
      safely('reading a body', () => reader.readBody(body));
      return body;
    });
  });
}
