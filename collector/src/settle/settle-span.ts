/** A stored span as settle looks at it: its place in the trace, and the call it is, if any. */
import type { Attribution, Call } from '../normalise/call.ts';

export interface SettleSpan {
  tenant: string;
  traceId: string;
  spanId: string;
  /** '' for a root. */
  parentSpanId: string;
  name: string;
  /** OTLP's SpanKind: 2 is SERVER, 3 is CLIENT. */
  kind: number;
  scopeName: string;
  service: string;
  environment: string;
  startNs: bigint;
  endNs: bigint;
  /** Of a log event: the span it was made in, which may be of another trace. */
  madeIn?: { readonly traceId: string; readonly spanId: string };
  /** When this version of the span came in; of several versions the newest counts. */
  receivedAtNs: bigint;
  /** undefined: not an LLM span. Its role is the one the span alone suggests. */
  call: Call | undefined;
  /** What any span may tell about whom the calls below it were for. */
  attribution: Attribution;
}

/** The role of a span once its whole group was looked at. */
export interface ResolvedRole {
  role: 'leaf' | 'aggregate' | 'agent_only' | 'mirror' | 'non_billable' | 'unknown';
  reason: string;
}

/** Whether the call is billed: everything else with usage stays visible as a zero entry. */
export function isBilled({ role }: ResolvedRole): boolean {
  return role === 'leaf' || role === 'agent_only';
}

/** A span of a group, told apart from those of other traces. */
export function spanKey({ traceId, spanId }: { traceId: string; spanId: string }): string {
  return `${traceId}/${spanId}`;
}
