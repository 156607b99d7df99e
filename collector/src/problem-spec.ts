// What is told of a problem, and how one is declared.

/** google.rpc.Code, which OTLP's Status carries (googleapis, google/rpc/code.proto). */
export const GRPC_CODE = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export interface ProblemSpec {
  /** HTTP status. */
  readonly status: number;
  /** google.rpc.Code of the same error on an OTLP path. */
  readonly grpc: number;
  /** Whether sending the same request again later can succeed. */
  readonly retryable: boolean;
  readonly title: string;
  /** What happened and what to do about it. */
  readonly sentence: string;
}
