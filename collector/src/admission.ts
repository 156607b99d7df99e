/**
 * What an OTLP request must pass before its body is read, and again before it is decoded: the nouns between the
 * transports and `limit/`. Invariant: a request that is refused has taken nothing, and nobody's tokens but its own.
 */
import type { TenantId } from './access.ts';
import type { TenantLimits } from './limit-table.ts';

/** What bytes of bodies are charged to while they are held. */
export interface BodyAccount {
  /** @throws Problem overloaded (503, Retry-After) when there is no room for them */
  take(bytes: number): void;
  giveBack(bytes: number): void;
}

/** A request that was let in. `close` must be called once, whatever became of it. */
export interface Pass {
  /**
   * Room for as much as it declared; undefined when it has that at once. Called once, before the body is read.
   * Rejects with Problem overloaded when there was none for long.
   */
  room(): Promise<void> | undefined;
  /** For its body: as much as it declared is its own. What is not given back is, by `close`. */
  readonly held: BodyAccount;
  /**
   * The whole body is there, and is decoded in this very turn of the event loop.
   * @param bytes of the body after decompression
   * @throws Problem rate_limited, quota_used_up: others of the tenant were faster
   */
  bodyRead(bytes: number): void;
  /** @param isKept whether what it brought is durable: only then it counts for the day */
  close(isKept: boolean): void;
}

export interface Admission {
  /**
   * Whether the collector can take a request at all; asked before its key is looked at.
   * @throws Problem overloaded, journal_unavailable
   */
  checkRoom(): void;
  /**
   * Whether its tenant may send it now; asked before its body is read.
   * @param declaredBytes the length of its body as sent, where it told
   * @throws Problem rate_limited, quota_used_up
   */
  admit(tenant: TenantId, declaredBytes: number | undefined): Pass;
}

/** What is known only when a request was decoded. */
export interface SpanBudget {
  limitsOf(tenant: TenantId): TenantLimits;
  /**
   * A request was decoded: `decoded` spans, refused ones and resends included, of which `kept` will be durable.
   * @returns takes back what was counted for the day, where they could not be kept
   */
  chargeSpans(tenant: TenantId, spans: { decoded: number; kept: number }): () => void;
}
