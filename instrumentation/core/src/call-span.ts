/**
 * The span of one call to a provider: begun with what was asked, ended once with what was answered. It is a span of
 * the GenAI conventions (semantic-conventions-genai at 024a4f9): CLIENT, `{operation} {model}`.
 */
import {
  type Attributes,
  type Context,
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { type Attribution, currentAttribution } from './attribution.ts';
import { fillAttribution } from './attribution-attributes.ts';
import { type CallConditions, fillConditions } from './call-conditions.ts';
import { errorAttributes } from './error-attributes.ts';
import { failedSafely, safely } from './host-safety.ts';
import { contextOf } from './linked-context.ts';
import {
  ATTR_ERROR_TYPE,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  ATTR_GEN_AI_RESPONSE_ID,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
} from './semconv.ts';
import { type CallUsage, fillUsage, isCutOff, isGenerating } from './usage.ts';

/** What is known when a call begins. */
export interface CallRequest {
  /** `chat`, `embeddings`, … as the conventions name it. */
  readonly operation: string;
  /** `openai`, `anthropic`, … as the conventions name it. */
  readonly provider: string;
  readonly model: string | undefined;
  /** The span that the provider's SDK itself began for this call: this one goes below it. */
  readonly sdkSpan?: Span | undefined;
  /** Anything else of the request. */
  readonly attributes?: Attributes | undefined;
  /** More of it, by which nobody samples: told at the end, for an SDK looks twice at what a span begins with. */
  readonly laterAttributes?: Attributes | undefined;
}

/** What an answer tells, also piece by piece. */
export interface CallAnswer {
  readonly id?: string | undefined;
  readonly model?: string | undefined;
  readonly finishReasons?: readonly string[] | undefined;
  readonly usage?: CallUsage | undefined;
  readonly conditions?: CallConditions | undefined;
  /** What went wrong, where the answer itself tells it, such as an event of a stream. */
  readonly errorType?: string | undefined;
  readonly innerCalls?: readonly InnerCall[] | undefined;
  /** Anything else of the answer. */
  readonly attributes?: Attributes | undefined;
}

/** A call that the provider made within this one, charged beside what this one's usage tells. */
export interface InnerCall {
  /** No other call has it: with it the call is billed once, however often the answer is read. */
  readonly id: string;
  readonly model: string | undefined;
  readonly usage: CallUsage;
  readonly conditions?: CallConditions | undefined;
}

/** Why an answer ended that nobody read to its end: the conventions take any reason. */
const ABANDONED = 'abandoned';

/** A try that failed and was followed by another. */
interface FailedTry {
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
}

export class CallSpan {
  private readonly tracer: Tracer;
  private readonly request: CallRequest;
  /** What held where the call began. */
  private readonly attribution: Attribution | undefined;
  private readonly span: Span;
  /** In which the call is made: what happens inside is below the span. */
  readonly context: Context;
  private readonly startMs = performance.now();
  private answer: CallAnswer | undefined;
  private firstChunkMs = 0;
  private failedTry: FailedTry | undefined;
  private tries = 0;
  private hasFailed = false;
  private wasAbandoned = false;
  private isEnded = false;

  constructor(tracer: Tracer, request: CallRequest) {
    const active = context.active();
    this.attribution = currentAttribution(active);
    const attributes = requestAttributes(request, this.attribution);
    const parent = request.sdkSpan === undefined ? active : contextOf(active, request.sdkSpan);
    this.tracer = tracer;
    this.request = request;
    const name = spanName(request);
    this.span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent);
    this.context = contextOf(parent, this.span);
  }

  /** Whether anything that is told is kept: a span that is not sampled needs no reading. */
  get isRecording(): boolean {
    return !this.isEnded && this.span.isRecording();
  }

  /** Does `work` below the span. */
  within<Result>(work: () => Result): Result {
    // Entering a context copies what is kept for the moment, and is not done twice.
    return trace.getActiveSpan() === this.span ? work() : context.with(this.context, work);
  }

  /** The first piece of a stream is there. */
  chunkArrived(): void {
    if (this.firstChunkMs === 0) this.firstChunkMs = performance.now();
  }

  /** Keeps what an answer tells; what is told later wins, and what is not told then stays. */
  answered(answer: CallAnswer): void {
    this.answer = this.answer === undefined ? answer : { ...this.answer, ...toldBy(answer) };
  }

  /** A request goes out. If one did before, it had failed: it becomes a span of its own below the call's. */
  tryBegins(): void {
    this.tries += 1;
    const failed = this.failedTry;
    if (failed !== undefined) safely('showing a failed try', () => this.showFailedTry(failed));
  }

  /** What went out since `startMs` (performance.now()) came back as a failure; the SDK may try again. */
  tryFailed(startMs: number, attributes: Attributes): void {
    this.failedTry = { startMs, endMs: performance.now(), attributes };
  }

  /** Ends it as failed. What was answered before, such as the beginning of a stream, is told all the same. */
  failed(error: unknown): void {
    if (this.isEnded) return;
    // What went over the wire is told too, where the SDK's error does not say it.
    safely('telling why a call failed', () =>
      this.showFailure({ ...this.failedTry?.attributes, ...errorAttributes(error) }),
    );
    this.end();
  }

  /** Nobody read the answer to its end, by which it would be told why it ended. */
  abandoned(): void {
    this.wasAbandoned = true;
  }

  /** Ends it, once. */
  end(): void {
    if (this.isEnded) return;
    try {
      const isTold = this.isRecording;
      this.isEnded = true;
      if (isTold) this.showAnswer();
    } catch (error) {
      failedSafely('ending the span of a call', error);
    }
    this.isEnded = true;
    try {
      this.span.end();
    } catch (error) {
      failedSafely('sending the span of a call', error);
    }
  }

  private showAnswer(): void {
    const { errorType, innerCalls } = this.answer ?? {};
    this.span.setAttributes(this.answerAttributes());
    if (errorType !== undefined && !this.hasFailed) {
      this.showFailure({ [ATTR_ERROR_TYPE]: errorType });
    }
    for (const inner of innerCalls ?? []) this.showInnerCall(inner);
  }

  private showFailure(attributes: Attributes): void {
    this.hasFailed = true;
    this.span.setAttributes(attributes);
    const message = attributes[ATTR_ERROR_TYPE] as string;
    this.span.setStatus({ code: SpanStatusCode.ERROR, message });
  }

  private answerAttributes(): Attributes {
    const { id, model, finishReasons, usage, conditions, attributes: more } = this.answer ?? {};
    const hasFailed = this.hasFailed || this.answer?.errorType !== undefined;
    const attributes: Attributes = more ?? {};
    const later = this.request.laterAttributes;
    for (const name in later) attributes[name] = later[name];
    if (id !== undefined) attributes[ATTR_GEN_AI_RESPONSE_ID] = id;
    if (model !== undefined) attributes[ATTR_GEN_AI_RESPONSE_MODEL] = model;
    if (finishReasons !== undefined && finishReasons.length > 0) {
      attributes[ATTR_GEN_AI_RESPONSE_FINISH_REASONS] = [...finishReasons];
    } else if (this.wasAbandoned && !hasFailed && isGenerating(this.request.operation)) {
      attributes[ATTR_GEN_AI_RESPONSE_FINISH_REASONS] = [ABANDONED];
    }
    if (usage !== undefined && !isCutOff(this.request.operation, usage))
      fillUsage(attributes, usage);
    if (conditions !== undefined) fillConditions(attributes, conditions);
    if (this.firstChunkMs !== 0) {
      const seconds = (this.firstChunkMs - this.startMs) / 1000;
      attributes[ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK] = seconds;
    }
    if (this.tries > 1) attributes[ATTR_HTTP_REQUEST_RESEND_COUNT] = this.tries - 1;
    return attributes;
  }

  private showInnerCall({ id, model, usage, conditions }: InnerCall): void {
    const { operation, provider } = this.request;
    const request: CallRequest = { operation, provider, model };
    const attributes = requestAttributes(request, this.attribution);
    attributes[ATTR_GEN_AI_RESPONSE_ID] = id;
    fillUsage(attributes, usage);
    if (conditions !== undefined) fillConditions(attributes, conditions);
    const startTime = performance.timeOrigin + this.startMs;
    const options = { kind: SpanKind.CLIENT, startTime, attributes };
    this.tracer.startSpan(spanName(request), options, this.context).end();
  }

  /** It has no operation: it is seen in the trace, and is no call that somebody could bill. */
  private showFailedTry(failed: FailedTry): void {
    this.failedTry = undefined;
    const startTime = performance.timeOrigin + failed.startMs;
    const attributes = { ...failed.attributes, [ATTR_HTTP_REQUEST_RESEND_COUNT]: this.tries - 2 };
    const options = { kind: SpanKind.CLIENT, startTime, attributes };
    const span = this.tracer.startSpan('failed try', options, this.context);
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(performance.timeOrigin + failed.endMs);
  }
}

const toldBy = (answer: CallAnswer): CallAnswer =>
  Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== undefined));

const spanName = ({ operation, model }: CallRequest): string =>
  model === undefined ? operation : `${operation} ${model}`;

function requestAttributes(request: CallRequest, attribution: Attribution | undefined): Attributes {
  const { model } = request;
  const attributes: Attributes = request.attributes ?? {};
  attributes[ATTR_GEN_AI_OPERATION_NAME] = request.operation;
  attributes[ATTR_GEN_AI_PROVIDER_NAME] = request.provider;
  if (model !== undefined) attributes[ATTR_GEN_AI_REQUEST_MODEL] = model;
  if (attribution !== undefined) fillAttribution(attributes, attribution);
  return attributes;
}
