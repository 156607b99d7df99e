// What is told of a metric, and how one is declared.

export interface MetricSpec<L extends string = string> {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** What one is: spans, bytes, seconds, requests, or 1 for yes. */
  readonly unit: string;
  readonly labels: readonly L[];
  readonly sentence: string;
  readonly buckets?: readonly number[];
}

export const metric = <const L extends string, const K extends MetricSpec['kind']>(
  spec: MetricSpec<L> & { readonly kind: K },
): MetricSpec<L> & { readonly kind: K } => spec;

export const LATENCY_BUCKETS_S = [
  0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
