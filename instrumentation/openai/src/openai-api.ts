/** Which requests of the OpenAI SDK are calls, and who reads them. */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import { type Content, followedContent } from '@ai-cost-profiler/core/content.ts';
import type { StainlessApi, StainlessCall } from '@ai-cost-profiler/core/stainless-client.ts';
import type { Tracer } from '@opentelemetry/api';
import { BackgroundResponses } from './background-responses.ts';
import { originOf } from './call-origin.ts';
import { ChatReader } from './chat.ts';
import { embeddingsReader } from './embeddings.ts';
import { bodyOf } from './form-fields.ts';
import { imagesReader } from './images.ts';
import type { OpenAICall } from './openai-call.ts';
import type { OpenAIOptions } from './openai-options.ts';
import { Remembered } from './remembered.ts';
import { type ResponseMemory, ResponseReader } from './responses.ts';
import { speechReader } from './speech.ts';
import { transcriptionReader } from './transcription.ts';
import { UsageRequests } from './usage-request.ts';

type ReaderMaker = (call: OpenAICall, memory: ResponseMemory) => CallReader;

/** By the path that is posted to. */
const READERS: ReadonlyMap<string, ReaderMaker> = new Map<string, ReaderMaker>([
  ['/chat/completions', (call) => new ChatReader(call, 'chat')],
  ['/completions', (call) => new ChatReader(call, 'text_completion')],
  ['/responses', (call, memory) => new ResponseReader(call, memory)],
  ['/responses/compact', (call, memory) => new ResponseReader(call, memory)],
  ['/embeddings', embeddingsReader],
  ['/images/generations', imagesReader],
  ['/images/edits', imagesReader],
  ['/images/variations', imagesReader],
  ['/audio/speech', speechReader],
  ['/audio/transcriptions', transcriptionReader],
  ['/audio/translations', transcriptionReader],
]);

const IDS_MAX = 10_000;

/** One for each instrumentation: it remembers what servers refused and which responses are still to be told. */
export class OpenAIApi implements StainlessApi {
  readonly tracer: () => Tracer;
  /** Of the moment. */
  readonly content: () => Content;
  readonly memory: ResponseMemory = {
    background: new BackgroundResponses(),
    containers: new Remembered(IDS_MAX),
    batchFiles: new Remembered(IDS_MAX),
  };
  private readonly options: () => OpenAIOptions;
  private readonly usageRequests = new UsageRequests();

  /** `options`: of the moment, for instrumentations may be given others while they run. */
  constructor(tracer: () => Tracer, options: () => OpenAIOptions) {
    this.tracer = tracer;
    this.options = options;
    this.content = followedContent(options);
  }

  isCall(path: string): boolean {
    return READERS.has(withoutQuery(path));
  }

  readerFor({ path, request, client }: StainlessCall): CallReader | undefined {
    const call = { body: bodyOf(request), origin: originOf(client), content: this.content() };
    return READERS.get(withoutQuery(path))?.(call, this.memory);
  }

  requestFor(made: StainlessCall, reader: CallReader) {
    const isAsking = reader instanceof ChatReader && this.options().askForStreamUsage !== false;
    return isAsking ? this.usageRequests.requestFor(made, reader) : { request: made.request };
  }
}

function withoutQuery(path: string): string {
  const end = path.indexOf('?');
  return end === -1 ? path : path.slice(0, end);
}
