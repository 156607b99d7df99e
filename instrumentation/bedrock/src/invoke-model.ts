/**
 * InvokeModel and its stream: bytes in the shape of whichever model answers. The application gets the very bytes; they
 * are read where they may tell what was used.
 */
import type { CallAnswer } from '@ai-cost-profiler/core/call-span.ts';
import type { Content } from '@ai-cost-profiler/core/content.ts';
import { safely } from '@ai-cost-profiler/core/host-safety.ts';
import { BedrockReader, type Output } from './bedrock-reader.ts';
import { blocksOfBody, promptOfBody } from './body-content.ts';
import { countsOf, finishReasonOf, idOf, type ModelBody, metricsOf } from './model-body.ts';
import { laterWins } from './token-counts.ts';

/** As given to the command. */
export interface InvokeModelInput {
  readonly modelId?: string;
  readonly body?: string | Uint8Array;
}

interface InvokeModelOutput extends Output {
  readonly body?: Uint8Array;
  readonly serviceTier?: string;
  readonly performanceConfigLatency?: string;
}

interface InvokeModelEvent {
  readonly chunk?: { readonly bytes?: Uint8Array };
}

/** A larger answer is not read: what it used is told by headers, or stays unknown. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;

/** What stands in a piece of a stream that tells something. */
const TELLING = ['"usage"', 'okenCount', 'oken_count', 'stopReason'];

const OPERATIONS: readonly (readonly [RegExp, string])[] = [
  [/embed/, 'embeddings'],
  [/rerank/, 'rerank'],
  [/image|canvas|stability\./, 'image_generation'],
];

export class InvokeModelReader extends BedrockReader {
  constructor({ modelId, body }: InvokeModelInput, content: Content) {
    const operation = operationOf(modelId ?? '');
    super({ operation, modelId, content, prompt: () => promptOfBody(parsed(body)) });
  }

  override noteOutput(output: Output): void {
    super.noteOutput(output);
    const { serviceTier, performanceConfigLatency } = output as InvokeModelOutput;
    this.serviceTier = serviceTier ?? this.serviceTier;
    this.latency = performanceConfigLatency ?? this.latency;
  }

  readWhole(output: unknown): CallAnswer {
    const { body } = output as InvokeModelOutput;
    if (body !== undefined && body.byteLength <= BODY_BYTES_MAX && !this.isTold()) {
      // What headers told holds all the same.
      safely('reading a body', () => this.noteWhole(parsed(body)));
    }
    return this.readStreamed();
  }

  readChunk(event: unknown): undefined {
    const bytes = (event as InvokeModelEvent).chunk?.bytes;
    if (bytes === undefined) return;
    const piece = bufferOf(bytes);
    const isTelling = TELLING.some((sign) => piece.includes(sign));
    if (isTelling || this.output !== undefined) this.noteBody(parsed(piece));
  }

  /** Thousands of numbers of an embedding need not be read where headers told what it used. */
  private isTold(): boolean {
    return this.request.operation === 'embeddings' && this.measured.input !== undefined;
  }

  private noteWhole(body: ModelBody): void {
    if (this.request.operation === 'image_generation') this.images = body.images?.length;
    this.noteBody(body);
  }

  private noteBody(body: ModelBody): void {
    this.id = idOf(body) ?? this.id;
    this.finishReason = finishReasonOf(body) ?? this.finishReason;
    this.counts = laterWins(this.counts, countsOf(body));
    this.measured = laterWins(this.measured, metricsOf(body));
    this.output?.note(blocksOfBody(body));
  }
}

const operationOf = (modelId: string): string =>
  OPERATIONS.find(([sign]) => sign.test(modelId))?.[1] ?? 'chat';

/** The same bytes, not a copy of them. */
const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

const parsed = (body: string | Uint8Array | undefined): ModelBody =>
  JSON.parse(typeof body === 'string' ? body : bufferOf(body!).toString()) as ModelBody;
