/** What was set aside of the journal, as the API and the command show it, and the way to put it back. */

/** A part in poison/ (ClickHouse refused it) or damaged/ (it does not hold): acknowledged, and in no total. */
export interface SetAsideRow {
  readonly state: 'poison' | 'damaged';
  readonly name: string;
  /** Why; null where it cannot be told. */
  readonly reason: string | null;
  readonly span_rows: number | null;
  readonly entry_rows: number | null;
  /** Tables that hold it; null where that cannot be told. */
  readonly held_by: readonly string[] | null;
}

/** What became of one part that was to be put back. */
export interface RetriedRow {
  readonly name: string;
  readonly retried: boolean;
  /** Why not, or what of it does not hold and is kept apart; null when all of it is back in the queue. */
  readonly reason: string | null;
}

export interface SetAsideOperations {
  list(): Promise<readonly SetAsideRow[]>;
  /** Puts back the poison segment of this name, or every one. */
  retry(name: string | undefined): Promise<readonly RetriedRow[]>;
}
