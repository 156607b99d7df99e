/**
 * The canonical call: what a dialect makes of a span, and all that pricing and the ledger need of it.
 * Absent means unknown; nothing here is guessed.
 */
import type { AttoUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';

/**
 * Who is billed. `leaf`: one physical call, billed. `aggregate`: repeats what its descendants used.
 * `non_billable`: an operation no provider charges for. `unknown`: usage that cannot be placed.
 * (`agent_only` and `mirror` are given by settle, which sees whole traces.)
 */
export type Role = 'leaf' | 'aggregate' | 'non_billable' | 'unknown';

/** Why an agent's call has no amount: its span tells a counter that runs over several invocations. */
export const CUMULATIVE_COUNTER = 'cumulative_counter';

/** How the reason of a role begins where a call failed and its provider refused it. */
export const REFUSED = 'refused, nothing is billed';

/** How the reported input total stands to the cache tokens reported beside it. */
export type Semantics = 'inclusive' | 'exclusive' | 'assumed_inclusive' | 'unknown';

/** What changes the price besides model and quantity. */
export interface CallContext {
  /** As served, from the response, where it was told. */
  serviceTier?: string;
  batch?: boolean;
  speed?: string;
  region?: string;
  inferenceGeo?: string;
  deployment?: string;
  searchContextSize?: string;
  /** How many calls this one stands for, where its sender samples (sampling.ts). Changes no price. */
  sampling?: string;
}

/** Whom and what the call was for. */
export interface Attribution {
  user: string;
  session: string;
  feature: string;
  agent: string;
  prompt: string;
  promptVersion: string;
  tool: string;
  /** Pairs of `aicost.tag.<key>`. */
  tags: readonly (readonly [string, string])[];
}

/** Nothing is told of whom a call was for. */
export const NOBODY: Attribution = {
  user: '',
  session: '',
  feature: '',
  agent: '',
  prompt: '',
  promptVersion: '',
  tool: '',
  tags: [],
};

/** Usage as disjoint buckets, with how it was read. */
export interface CallUsage {
  buckets: Usage;
  /** Inclusive totals; Σ in_* and Σ out_* equal them. */
  inputTokens: bigint | undefined;
  outputTokens: bigint | undefined;
  semantics: Semantics;
  /** The row of the table, or the arithmetic, that decided `semantics`. */
  evidence: string;
  /** The other reading, where inclusion is only assumed: the cost lies between the two. */
  alternative?: Usage;
}

export interface Call {
  dialect: string;
  /** Canonical operation (chat, embeddings, invoke_agent, …), or the raw word when it is none of them. */
  operation: string;
  role: Role;
  roleReason: string;
  provider: string;
  requestModel: string;
  responseModel: string;
  responseId: string;
  usage: CallUsage | undefined;
  /**
   * Why `usage` is absent on a billable call: not_reported, only_total_reported, error, attribute_limit, or what
   * contradicts itself.
   */
  missingUsageReason: string;
  /** What the provider or a gateway said the call cost. */
  reportedAtto: AttoUsd | undefined;
  context: CallContext;
  attribution: Attribution;
}

/** The model that is priced and shown: the one that answered, else the one that was asked for. */
export function modelOf(call: Call): string {
  return call.responseModel === '' ? call.requestModel : call.responseModel;
}
