/** What is said of each error that the HTTP API can return: a row of problems.ts. */
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
