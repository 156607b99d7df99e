/**
 * Who settles, with the store, the journal and the data directory: on one server the collector whose --settle says
 * so, on a cluster the one that has the lease.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import { readIfThere, writeDurably } from './control/control-copy.ts';
import type { ForwardClock } from './forward-clock.ts';
import type { SealedQueue } from './journal/sealed-queue.ts';
import type { Logger } from './log.ts';
import { observeOwnership } from './observe.ts';
import type { Reentered } from './settle/look-again.ts';
import { ClaimsFile } from './settle/ownership/claims-file.ts';
import { ClusterOwnership } from './settle/ownership/cluster-ownership.ts';
import { createKeeperOwnershipRegister } from './settle/ownership/keeper-ownership-register.ts';
import {
  OTHERS_OWNER,
  type SettleOwnership,
  SOLE_OWNER,
} from './settle/ownership/settle-ownership.ts';
import { type Backlog, waitUntilStored } from './settle/wait-stored.ts';
import { systemTimers } from './timers.ts';

/** Whether this collector settles, and who does, for whoever asks. */
export interface Settling {
  readonly isOwner: boolean;
  /** Since the lease was renewed, in milliseconds; undefined without one. */
  readonly leaseAgeMs: number | undefined;
  /** Owners that ended without a word, and whose entries were not looked at since; undefined where none can be. */
  readonly formerOwners: number | undefined;
  readonly state: { readonly ok: boolean; readonly detail: string };
}

export interface OpenOwnership extends Settling {
  readonly ownership: SettleOwnership;
  /** Asks no more; to be called once all that can be is stored. */
  stop(): Promise<void>;
}

interface OwnershipParts {
  readonly config: Pick<Config, 'settle' | 'dataDir'>;
  /** Whether it settles when it is asked to; as --settle says, if not given. */
  readonly maySettle?: boolean | undefined;
  readonly store: Store;
  readonly journal: Backlog & {
    readonly writerId: string;
    readonly queue: Pick<SealedQueue, 'writerIds' | 'setAsideCounts'> & {
      readonly reentered: Reentered;
    };
  };
  readonly clock: ForwardClock;
  readonly log: Logger;
}

/** Of one server: no lease. An embedded engine has no other collector, so that whoever asks one settles. */
export function soleSettling(isOwner: boolean, ownership = SOLE_OWNER): OpenOwnership {
  const detail = isOwner ? 'this collector settles' : 'another collector settles (--settle off)';
  return {
    ownership,
    isOwner,
    leaseAgeMs: undefined,
    formerOwners: undefined,
    state: { ok: true, detail },
    stop: async () => undefined,
  };
}

/**
 * Begins to ask for the lease, if this is on a cluster; the tables must be there, and nothing stored by this process.
 */
export async function openOwnership(parts: OwnershipParts): Promise<OpenOwnership> {
  const { config, store, journal, clock, log, maySettle = config.settle } = parts;
  if (store.cluster === null) {
    const isOthers = store.kind === 'server' && !maySettle;
    return soleSettling(config.settle, isOthers ? OTHERS_OWNER : SOLE_OWNER);
  }
  const { writerId: writer } = journal;
  const path = join(config.dataDir, 'settle-claims.json');
  const ownership = new ClusterOwnership({
    register: createKeeperOwnershipRegister(store),
    claims: await openClaims(path, [writer, ...journal.queue.writerIds]),
    writer,
    name: `${hostname()} (${config.dataDir})`,
    isStanding: config.settle,
    oldestMs: () => journal.oldestMs,
    stored: () => waitUntilStored(journal, clock.nowMs()),
    isAside: () => journal.queue.setAsideCounts.poison > 0,
    reentered: journal.queue.reentered,
    steadyMs: () => performance.now(),
    nowMs: clock.nowMs,
    timers: systemTimers,
    onEvent: observeOwnership(log),
  });
  ownership.start();
  return new ClusterSettling(ownership);
}

/** @throws ConfigError naming the file when it holds something else */
async function openClaims(path: string, own: readonly string[]): Promise<ClaimsFile> {
  const disk = {
    read: () => readIfThere(path),
    write: (text: string) => writeDurably(path, text),
  };
  try {
    return await ClaimsFile.open(disk, own);
  } catch (cause) {
    const advice =
      'Move it away, let the journal become empty, and settle and verify: corrections that this directory made may be stored twice.';
    throw new ConfigError(`${path} cannot be read. ${advice}`, { cause });
  }
}

class ClusterSettling implements OpenOwnership {
  readonly ownership: ClusterOwnership;

  constructor(ownership: ClusterOwnership) {
    this.ownership = ownership;
  }

  get isOwner(): boolean {
    return this.ownership.isHeld;
  }

  get leaseAgeMs(): number | undefined {
    return this.ownership.standing.ageMs;
  }

  get formerOwners(): number {
    return this.ownership.standing.debts.length;
  }

  get state() {
    const { debts } = this.ownership.standing;
    const { ok, detail } = this.whoSettles();
    if (debts.length === 0) return { ok, detail };
    const names = [...new Set(debts.map(({ name }) => name))].join(', ');
    const left = `to be looked at once it is stored: what is left of ${names}`;
    return {
      ok,
      detail: `${detail}; ${left} (start it on its data directory; nothing waits if that is lost)`,
    };
  }

  stop(): Promise<void> {
    return this.ownership.stop();
  }

  private whoSettles() {
    const { holder, isFree, isHeld, failure } = this.ownership.standing;
    if (isHeld) return { ok: true, detail: 'this collector settles' };
    if (failure !== undefined) {
      const why = failure instanceof Error ? failure.message : String(failure);
      return { ok: false, detail: `who settles is not known: ${why}` };
    }
    if (isFree) return { ok: false, detail: 'nobody settles' };
    return { ok: true, detail: `${holder?.name} settles` };
  }
}
