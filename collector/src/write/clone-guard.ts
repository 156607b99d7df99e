/**
 * Two processes may hold the same sealed segment: the data directory was copied, or a backup of it was started. Both
 * send it under the same query id, and a server runs one query of an id at a time; so a look for the batch inside the
 * inserting statement itself sees whatever the other has inserted. Who finds a segment of another process claims its
 * writer first, so that the writer itself, should it live, looks as well; segments of its own that nobody has claimed
 * cost it no look into the tables.
 * Holds on one server. Behind a balancer over several, the same id can run twice: there a copy must not be started.
 */
import { quoteName, quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import type { SealedSegment } from '../journal/sealed-segment.ts';
import { heldSql } from './holdings.ts';
import type { Target } from './landing.ts';

/** FUNCTION_THROW_IF_VALUE_IS_NON_ZERO. */
const THROW_IF_CODE = 395;
const ELSEWHERE = 'aicost: another process has this batch';

/** Whether it is the guard that kept an insert from running: look again, and go on. */
export function isElsewhere(error: StoreError): boolean {
  return error.code === THROW_IF_CODE && error.message.includes(ELSEWHERE);
}

/** The kind of the rows in `control` that say who has found segments of which writer. */
export const CLAIM_KIND = 'writer_claim';

export class CloneGuard {
  private readonly database: string;
  private readonly claimWriter: (writerId: string) => Promise<void>;
  private readonly claimed = new Set<string>();

  /** `claimWriter` notes in `control` that batches of this writer were found; it rejects with StoreError. */
  constructor(database: string, claimWriter: (writerId: string) => Promise<void>) {
    this.database = database;
    this.claimWriter = claimWriter;
  }

  /** Before anything is asked about a segment that another process sealed. */
  async claim({ writerId, isRecovered }: SealedSegment): Promise<void> {
    if (isRecovered && !this.claimed.has(writerId)) {
      await this.claimWriter(writerId);
      this.claimed.add(writerId);
    }
  }

  /** Of an insert that nobody else can have sent, unless the writer was claimed. */
  unclaimed({ writerId }: SealedSegment): string {
    const is = `kind = ${quoteString(CLAIM_KIND)} AND id = ${quoteString(writerId)}`;
    return refuseIf(`SELECT count() FROM ${quoteName(this.database)}.control WHERE ${is}`);
  }

  /** Of an insert into targets that lacked the segment a moment ago. */
  stillLacked(segment: SealedSegment, targets: readonly Target[]): string {
    const held = targets.map((target) => refuseIf(heldSql(this.database, target, segment)));
    return held.join(' AND ');
  }
}

function refuseIf(countSql: string): string {
  return `throwIf((${countSql}) > 0, '${ELSEWHERE}') = 0`;
}
