/** What is known of a scenario before anything is sent: counts that the report tells and that the API must show. */
import type { Scenario } from './scenario.ts';
import { spansOf } from './span-spec.ts';

export interface DemoFacts {
  readonly traces: number;
  readonly spans: number;
  readonly services: number;
  /** LLM calls that a provider may bill: failed attempts too, but for those it refused. */
  readonly calls: number;
  /** `invoke_agent` spans, and the tokens on them: those of the calls below, told a second time. */
  readonly aggregates: number;
  readonly aggregateTokens: bigint;
}

export function factsOf({ traces }: Scenario): DemoFacts {
  const services = new Set<string>();
  let [spans, calls, aggregates, aggregateTokens] = [0, 0, 0, 0n];
  for (const { root } of traces) {
    for (const { service, call } of spansOf(root)) {
      spans++;
      services.add(service);
      if (call?.role === 'leaf') calls++;
      if (call?.role !== 'aggregate') continue;
      aggregates++;
      for (const tokens of Object.values(call.usage ?? {})) aggregateTokens += tokens;
    }
  }
  return {
    traces: traces.length,
    spans,
    services: services.size,
    calls,
    aggregates,
    aggregateTokens,
  };
}
