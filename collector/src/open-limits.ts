/** The limits of requests with what they look at: control state, journal, the file of the day's use, the memory. */
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Config } from './config.ts';
import type { ControlState } from './control/control-state.ts';
import type { Journal } from './journal/journal.ts';
import type { SegmentBlocks } from './journal/pending-rows.ts';
import { DailyUse } from './limit/daily-use.ts';
import { MemoryGate } from './limit/memory-gate.ts';
import { ReaderAdmission } from './limit/reader-admission.ts';
import { RequestAdmission } from './limit/request-admission.ts';
import { RoomQueue } from './limit/room-queue.ts';
import { LimitsOfTenants } from './limit/tenant-limits.ts';
import { createTenantOperations } from './limit/tenant-operations.ts';
import { readUseFile, startUseWriter } from './limit/use-file.ts';
import { boundYoungGeneration } from './limit/young-generation.ts';
import { heldBytesMax, MEMORY_SHARES, tenantDefaults } from './limits.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { createHeldBytes } from './receive/held-bytes.ts';
import type { TenantOperations } from './tenant-rows.ts';
import { TenantStates } from './tenant-states.ts';
import { systemTimers } from './timers.ts';

export interface OpenLimits {
  readonly admission: RequestAdmission;
  /** Of readers. */
  readonly reads: ReaderAdmission;
  readonly tenants: TenantOperations;
  readonly ofTenants: LimitsOfTenants;
  readonly states: TenantStates;
  /** Writes down what was counted. Nothing may be taken any more. */
  stop(): Promise<void>;
}

export interface OpenLimitsParts {
  readonly config: Config;
  readonly control: ControlState;
  readonly journal: Journal<SegmentBlocks>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export async function openLimits(parts: OpenLimitsParts): Promise<OpenLimits> {
  const { config, control, journal, metrics, log } = parts;
  const path = join(config.dataDir, 'daily-use.json');
  const before = await readUseFile(path, (err) =>
    log.warn({ err, path }, "the day's use cannot be read: daily quotas begin again"),
  );
  const use = new DailyUse(Date.now, before);
  const writer = startUseWriter(path, use, (err) =>
    log.warn({ err, path }, "the day's use could not be written; trying again"),
  );
  const held = createHeldBytes(heldBytesMax(config), (total) => {
    metrics.aicost_otlp_held_bytes.set(total);
  });
  boundYoungGeneration(config.memoryMax);
  const nowMs = () => performance.now();
  const residentBytes = () => process.memoryUsage.rss();
  const limits = new LimitsOfTenants(control, tenantDefaults(config));
  const states = new TenantStates(control);
  const memory = new MemoryGate({
    bytesMax: config.memoryMax,
    residentBytes,
    collectGarbage: openGarbageCollection(),
    nowMs,
  });
  const admission = new RequestAdmission({
    limits,
    states,
    use,
    held,
    room: new RoomQueue({
      held,
      memory,
      enoughBytes: config.memoryMax * MEMORY_SHARES.enough,
      timers: systemTimers,
      nowMs,
    }),
    journalRefusal: () => {
      const text = journal.refusal();
      return text === undefined ? undefined : { text, isFull: journal.isFull };
    },
    onUnderWay: (count) => metrics.aicost_otlp_requests_in_flight.set(count),
    nowMs,
  });
  const tenants = createTenantOperations({
    ...{ state: control, limits, states, use },
    now: () => new Date(),
  });
  const reads = new ReaderAdmission({ limits, nowMs });
  return { admission, reads, tenants, ofTenants: limits, states, stop: () => writer.stop() };
}

/** Of V8's ways to collect, the one that gives the memory of its heap back too: measured, 444 MB become 346. */
const GIVE_BACK = { type: 'major', execution: 'sync', flavor: 'last-resort' };

/** V8 shows its collector only to who asked at the start, or to a context that is made after asking. */
function openGarbageCollection(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  return typeof collect === 'function' ? () => collect(GIVE_BACK) : () => undefined;
}
