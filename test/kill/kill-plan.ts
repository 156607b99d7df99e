/**
 * What is killed when: the phases of a run, and for each kill its victim and the moment it waits for.
 */
import type { Random } from './random.ts';

/**
 * `normal`: three days. `kolkata`: the same with TZ=Asia/Kolkata. `server`: the same, and ClickHouse is a server of its
 * own that is in Asia/Kolkata too. `faults`: the same, behind a proxy that loses, breaks, delays and repeats. `cap`:
 * bursts that fill segments to their caps.
 * `days`: more days at once than have a segment of their own, so that the mixed one is used and split.
 */
export const PHASES = ['normal', 'kolkata', 'server', 'faults', 'cap', 'days'] as const;
export type Phase = (typeof PHASES)[number];

/** `drain`: SIGTERM, and SIGKILL while the collector still ends its work. */
const VICTIMS = ['collector', 'engine', 'both', 'drain'] as const;
export type Victim = (typeof VICTIMS)[number];
/** Drawn from: an engine that ends in the middle of an insert is what repair is for. */
const DRAWN: readonly Victim[] = [
  'collector',
  'collector',
  'engine',
  'engine',
  'engine',
  'both',
  'both',
  'drain',
];

/**
 * `load`: any moment. `sealed`: a segment waits for the writer, or is being written. `split`: a mixed segment is
 * being split. `start`: the collector is starting. `large`: a segment near its caps is sealed. `flush`: the rows of
 * a burst are being written to the journal. `settle`, `reprice`: one of them was asked for and is at work.
 */
export type Moment =
  | 'load'
  | 'sealed'
  | 'split'
  | 'start'
  | 'large'
  | 'flush'
  | 'settle'
  | 'reprice';

export interface PlannedKill {
  readonly number: number;
  readonly phase: Phase;
  readonly victim: Victim;
  readonly moment: Moment;
  /** Which burst is sent first. */
  readonly burst: 'rows' | 'bytes' | undefined;
  /** For a collector that is started after this kill. */
  readonly after: Surroundings;
}

/** What a collector is started into. */
export interface Surroundings {
  /** Its TZ; undefined: as it is here. */
  readonly timeZone: string | undefined;
  /** Whether ClickHouse is a server of its own. */
  readonly isServer: boolean;
  /** Whether there is a proxy before it that does what networks do. */
  readonly isFaulty: boolean;
}

const BURSTS = 2;
/** Phases in which ClickHouse is a server. */
const SERVED: readonly Phase[] = ['server', 'faults'];

/** A plan written down: each kill by its phase, victim and moment, without bursts. */
export function listKills(rows: readonly (readonly [Phase, Victim, Moment])[]): PlannedKill[] {
  return rows.map(([phase, victim, moment], i) => {
    const after = surroundingsOf(rows[i + 1]?.[0] ?? phase);
    return { number: i + 1, phase, victim, moment, burst: undefined, after };
  });
}

/** Spreads kills over the phases, in their order. */
export function planKills(count: number, phases: readonly Phase[], random: Random): PlannedKill[] {
  const phaseOf = (i: number): Phase =>
    phases[Math.min(phases.length - 1, Math.floor((i * phases.length) / count))]!;
  let bursts = 0;
  const kills: PlannedKill[] = [];
  for (let i = 0; i < count; i++) {
    const phase = phaseOf(i);
    const next = phaseOf(Math.min(count - 1, i + 1));
    // One of either kind, at every other kill: what they leave is compared at the end of this phase and of the next.
    const isBurst = phase === 'cap' && bursts < BURSTS && kills.at(-1)?.burst === undefined;
    bursts += isBurst ? 1 : 0;
    const moment = momentOf({ isBurst, phase, before: kills.at(-1), random });
    kills.push({
      number: i + 1,
      phase,
      victim: victimOf(moment, { phase, next }, random),
      moment,
      burst: isBurst ? (bursts % 2 === 1 ? 'rows' : 'bytes') : undefined,
      after: surroundingsOf(next),
    });
  }
  return kills;
}

export function surroundingsOf(phase: Phase): Surroundings {
  const isServer = SERVED.includes(phase);
  const timeZone = phase === 'kolkata' || isServer ? 'Asia/Kolkata' : undefined;
  return { timeZone, isServer, isFaulty: phase === 'faults' };
}

function victimOf(moment: Moment, { phase, next }: { phase: Phase; next: Phase }, random: Random) {
  if (phase === 'faults' && next === 'faults') {
    // The proxy tells which query ids run, as a real server would: an insert may outlive its collector here.
    return random.pick(DRAWN);
  }
  if (SERVED.includes(phase) || SERVED.includes(next)) {
    // The test's server is chdb, whose system.processes does not know query ids: an insert that outlives its collector,
    // which a real server would show, must not be part of the test.
    return phase === next ? random.pick(['engine', 'both'] as const) : 'both';
  }
  // A new environment needs a new collector, and an engine has no part in a flush.
  const isEngineEnough = phase === next && moment !== 'flush';
  return random.pick(isEngineEnough ? DRAWN : DRAWN.filter((victim) => victim !== 'engine'));
}

function momentOf(about: {
  isBurst: boolean;
  phase: Phase;
  before: PlannedKill | undefined;
  random: Random;
}): Moment {
  const { isBurst, phase, before, random } = about;
  if (isBurst) {
    return random.chance(0.4) ? 'flush' : 'large';
  }
  // The first kill of each phase is one of these, so that no phase goes without.
  const isFirst = before?.phase !== phase;
  if (isFirst || random.chance(0.3)) {
    return random.chance(0.5) ? 'settle' : 'reprice';
  }
  const couldStart = before !== undefined && before.victim !== 'engine';
  if (couldStart && random.chance(0.25)) {
    return 'start';
  }
  if (phase === 'days' && random.chance(0.5)) {
    return 'split';
  }
  return random.chance(0.65) ? 'sealed' : 'load';
}
