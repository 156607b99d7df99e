/**
 * Kills the writing process at random moments of its inserts and counts what each scheme loses:
 * which targets lack the batch, whether rollups equal the ledger, whether the repair made them equal.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { median } from './engine.ts';
import type { ChildEvent, ChildTask } from './kill-child.ts';
import { TARGETS } from './schemes.ts';

export interface KillPlan {
  readonly scheme: ChildTask['scheme'];
  readonly kills: number;
  readonly dataDir: string;
  /** Half spans, half entries. */
  readonly segmentPath: string;
  readonly segmentRows: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly progress: (text: string) => void;
}

export interface KillResult {
  readonly scheme: ChildTask['scheme'];
  readonly kills: number;
  /** Kills that hit an insert before it answered. */
  readonly killsInFlight: number;
  /** Batches that some targets had and others lacked; and those that no target had. */
  readonly partialBatches: number;
  readonly absentBatches: number;
  readonly missingByTarget: Readonly<Record<string, number>>;
  readonly rollupsOffBeforeRepair: number;
  readonly rollupsOffAfterRepair: number;
  readonly acknowledgedButMissing: number;
  readonly batches: number;
  /** Stored minus expected, at the end; 0 when every batch is stored once. */
  readonly surplusEntries: number;
  readonly surplusSpans: number;
}

interface Tally {
  lastStarted: number;
  lastDone: number;
  readonly insertMs: number[];
  killsInFlight: number;
  partialBatches: number;
  absentBatches: number;
  missingByTarget: Record<string, number>;
  rollupsOffBeforeRepair: number;
  rollupsOffAfterRepair: number;
  acknowledgedButMissing: number;
  end: Extract<ChildEvent, { event: 'end' }> | undefined;
}

const CHILD = fileURLToPath(new URL('./kill-child.ts', import.meta.url));

/** Runs the child until it ends, handing over each event. Rejects when it fails by itself. */
function superviseChild(
  task: ChildTask,
  onEvent: (event: ChildEvent, child: ChildProcess) => void,
): Promise<void> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk.toString()}`.slice(-2000);
  });
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => onEvent(JSON.parse(line) as ChildEvent, child));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') {
        resolve();
      } else {
        reject(new Error(`The killed process failed by itself (code ${code}): ${complaint}`));
      }
    });
  });
}

function noteFound(tally: Tally, scheme: ChildTask['scheme'], found: ChildEvent): void {
  if (found.event !== 'found') {
    return;
  }
  const { missing } = found;
  if (missing.length === TARGETS[scheme].length) {
    tally.absentBatches += 1;
  } else if (missing.length > 0) {
    tally.partialBatches += 1;
    for (const target of missing) {
      tally.missingByTarget[target] = (tally.missingByTarget[target] ?? 0) + 1;
    }
  }
  tally.acknowledgedButMissing += missing.length > 0 && tally.lastDone >= found.seq ? 1 : 0;
  tally.rollupsOffBeforeRepair += found.agreedBefore ? 0 : 1;
  tally.rollupsOffAfterRepair += found.agreedAfter ? 0 : 1;
}

/** One life of the child: kill it within the insert after `spared` ones, or let it end (`undefined`). */
async function liveOnce(plan: KillPlan, tally: Tally, spared: number | undefined): Promise<void> {
  const { scheme, dataDir, segmentPath } = plan;
  const batches = spared === undefined ? (tally.lastStarted === 0 ? 3 : 0) : spared + 3;
  const task = { scheme, dataDir, segmentPath, lastStarted: tally.lastStarted, batches };
  let startedMs = 0;
  let starts = 0;
  await superviseChild(task, (event, child) => {
    if (event.event === 'start') {
      tally.lastStarted = event.seq;
      startedMs = performance.now();
      starts += 1;
      if (spared !== undefined && starts === spared + 1) {
        const delayMs = plan.random() * median(tally.insertMs) * 1.1;
        setTimeout(() => child.kill('SIGKILL'), delayMs);
      }
    } else if (event.event === 'done') {
      tally.lastDone = event.seq;
      tally.insertMs.push(performance.now() - startedMs);
    } else if (event.event === 'end') {
      tally.end = event;
    }
    noteFound(tally, scheme, event);
  });
}

/** Kills `plan.kills` times, then lets a last process check the last batch and count everything. */
export async function runKillTest(plan: KillPlan): Promise<KillResult> {
  const tally: Tally = {
    lastStarted: 0,
    lastDone: 0,
    insertMs: [],
    killsInFlight: 0,
    partialBatches: 0,
    absentBatches: 0,
    missingByTarget: {},
    rollupsOffBeforeRepair: 0,
    rollupsOffAfterRepair: 0,
    acknowledgedButMissing: 0,
    end: undefined,
  };
  await liveOnce(plan, tally, undefined);
  for (let kill = 0; kill < plan.kills; kill += 1) {
    await liveOnce(plan, tally, Math.floor(plan.random() * 2));
    tally.killsInFlight += tally.lastDone < tally.lastStarted ? 1 : 0;
    plan.progress(`${plan.scheme}: killed ${kill + 1} of ${plan.kills}`);
  }
  await liveOnce(plan, tally, undefined);
  const { lastStarted, end } = tally;
  if (end === undefined) {
    throw new Error('The last process ended without counting what is stored.');
  }
  const expected = (lastStarted * plan.segmentRows) / 2;
  return {
    scheme: plan.scheme,
    kills: plan.kills,
    killsInFlight: tally.killsInFlight,
    partialBatches: tally.partialBatches,
    absentBatches: tally.absentBatches,
    missingByTarget: tally.missingByTarget,
    rollupsOffBeforeRepair: tally.rollupsOffBeforeRepair,
    rollupsOffAfterRepair: tally.rollupsOffAfterRepair,
    acknowledgedButMissing: tally.acknowledgedButMissing,
    batches: lastStarted,
    surplusEntries: Number(end.entries) - expected,
    surplusSpans: Number(end.spans) - expected,
  };
}
