/** The span of traced work while the work goes on. */
import {
  type Attributes,
  type Context,
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { type Attribution, currentAttribution, withAttribution } from './attribution.ts';
import { fillAttribution } from './attribution-attributes.ts';
import { errorAttributes } from './error-attributes.ts';
import { safely } from './host-safety.ts';
import { ATTR_GEN_AI_OPERATION_NAME } from './semconv.ts';

const SCOPE = '@ai-cost-profiler/core';

export interface SpanOfWork {
  readonly operation: string;
  readonly nameKey: string;
  readonly name: string;
}

export class OpenWork {
  private readonly span: Span;
  private readonly context: Context;
  /** What held where the work was asked for: pieces of it may be done elsewhere. */
  private readonly attribution: Attribution;
  private isEnded = false;

  constructor({ operation, nameKey, name }: SpanOfWork) {
    const attributes: Attributes = {};
    this.attribution = currentAttribution() ?? {};
    fillAttribution(attributes, this.attribution);
    attributes[ATTR_GEN_AI_OPERATION_NAME] = operation;
    attributes[nameKey] = name;
    const options = { kind: SpanKind.INTERNAL, attributes };
    this.span = trace.getTracer(SCOPE).startSpan(`${operation} ${name}`, options);
    this.context = trace.setSpan(context.active(), this.span);
  }

  /** Does a part of it below the span, where the attribution holds anyhow. */
  within<Result>(part: () => Result): Result {
    return context.with(this.context, part);
  }

  /** The same from wherever it is asked for. */
  withinAnywhere<Result>(part: () => Result): Result {
    return withAttribution(this.attribution, () => this.within(part));
  }

  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    safely('ending a span', () => this.span.end());
  }

  fail(error: unknown): void {
    if (this.isEnded) return;
    safely('telling why work failed', () => {
      this.span.setAttributes(errorAttributes(error));
      this.span.setStatus({ code: SpanStatusCode.ERROR });
    });
    this.end();
  }
}
