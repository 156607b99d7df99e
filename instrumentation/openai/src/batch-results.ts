/**
 * The output file of a batch while it is read: each line is the answer of a call, and becomes a span of it with the
 * batch's price. A file of something else is left alone from its first line on.
 */
import type { BodyLook } from '@ai-cost-profiler/core/body-look.ts';
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import { CallSpan } from '@ai-cost-profiler/core/call-span.ts';
import { Content } from '@ai-cost-profiler/core/content.ts';
import { safely } from '@ai-cost-profiler/core/host-safety.ts';
import type { CallOrigin } from './call-origin.ts';
import { ChatReader } from './chat.ts';
import { embeddingsReader } from './embeddings.ts';
import type { OpenAIApi } from './openai-api.ts';
import { textOf } from './openai-call.ts';
import { ResponseReader } from './responses.ts';

interface BatchResult {
  /** Of this request in this batch; no other has it. */
  readonly id?: unknown;
  readonly custom_id?: unknown;
  readonly response?: { readonly status_code?: unknown; readonly body?: AnswerBody | null } | null;
}

interface AnswerBody {
  readonly object?: unknown;
  readonly model?: unknown;
}

interface Batch {
  readonly api: OpenAIApi;
  readonly origin: CallOrigin;
}

/** Half of a talk says little, and a file may hold many thousands. */
const NO_CONTENT = new Content({ content: 'off' });
const NEW_LINE = 10;
const BRACE = 123;
const NOTHING = new Uint8Array();
/** A longer line is no answer of a model. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;

export class BatchFileLook implements BodyLook {
  private readonly fileId: string;
  private readonly batch: Batch;
  private parts: Uint8Array[] = [];
  private bytesHeld = 0;
  private isAtStart = true;
  private isLeftAlone: boolean;

  constructor(fileId: string, batch: Batch) {
    this.fileId = fileId;
    this.batch = batch;
    this.isLeftAlone = batch.api.memory.batchFiles.has(fileId);
  }

  push(bytes: Uint8Array): Uint8Array {
    if (this.isAtStart && bytes.length > 0) {
      this.isAtStart = false;
      // Pictures and sound have no lines that could be waited for.
      if (bytes[0] !== BRACE) this.isLeftAlone = true;
    }
    let rest = bytes;
    while (!this.isLeftAlone && rest.length > 0) {
      const end = rest.indexOf(NEW_LINE);
      this.hold(end === -1 ? rest : rest.subarray(0, end));
      if (end === -1) break;
      rest = rest.subarray(end + 1);
      this.readLine();
    }
    return bytes;
  }

  end(): Uint8Array {
    this.readLine();
    if (!this.isLeftAlone) this.batch.api.memory.batchFiles.add(this.fileId);
    return NOTHING;
  }

  /** Whoever reads it stopped; it may be read again. */
  broke(): void {
    this.isLeftAlone = true;
    this.parts = [];
  }

  /** All of it at once. */
  readText(text: string): void {
    this.push(Buffer.from(text));
    this.end();
  }

  private hold(bytes: Uint8Array): void {
    this.bytesHeld += bytes.length;
    if (this.bytesHeld > LINE_BYTES_MAX) this.broke();
    // A stream may use its buffers again.
    else this.parts.push(Buffer.from(bytes));
  }

  private readLine(): void {
    const line = Buffer.concat(this.parts).toString().trim();
    this.parts = [];
    this.bytesHeld = 0;
    if (this.isLeftAlone || line === '') return;
    const result = resultOf(line);
    if (result === undefined) this.isLeftAlone = true;
    else safely('telling a result of a batch', () => tellResult(result, this.batch));
  }
}

/** Undefined where the line is no result of a batch. */
function resultOf(line: string): BatchResult | undefined {
  if (!line.includes('"custom_id"')) return undefined;
  try {
    const result = JSON.parse(line) as BatchResult;
    return result.custom_id !== undefined && 'response' in result ? result : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function tellResult({ id, response }: BatchResult, { api, origin }: Batch): void {
  const body = response?.body;
  // What failed is not charged.
  if (response?.status_code !== 200 || !body) return;
  const reader = readerOf(body, { api, origin });
  if (reader === undefined) return;
  const span = new CallSpan(api.tracer(), reader.request);
  const answer = reader.readWhole(body);
  span.answered({
    ...answer,
    // By it the call is billed once, however often the file is read; embeddings have none of their own.
    id: answer.id ?? textOf(id),
    conditions: { ...answer.conditions, isBatch: true },
  });
  span.end();
}

/** What was asked stands in another file; the answer tells its model. */
function readerOf({ object, model }: AnswerBody, { api, origin }: Batch): CallReader | undefined {
  const call = { body: { model }, origin, content: NO_CONTENT };
  if (object === 'chat.completion') return new ChatReader(call, 'chat');
  if (object === 'text_completion') return new ChatReader(call, 'text_completion');
  if (object === 'response') return new ResponseReader(call, api.memory);
  return object === 'list' ? embeddingsReader(call) : undefined;
}
