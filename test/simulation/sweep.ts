/**
 * Many runs: for each scenario one without a crash, which counts the calls in which a process may die, and then one for
 * each of those calls. A third of them dies again soon, mostly while it recovers.
 */
import { Random } from '../kill/random.ts';
import { type RunPlan, type RunReport, simulate } from './simulate.ts';

export interface SweepOptions {
  /** Of the first scenario; the others follow. */
  readonly seed: number;
  readonly runs: number;
  /** Every so many calls only. */
  readonly stride?: number;
  readonly lies?: RunPlan['lies'];
  readonly onRun?: (summary: SweepSummary) => void;
  readonly onFailure?: (failure: Failure) => void;
}

/** A run that went wrong, and what was wrong. */
interface Failure {
  readonly seed: number;
  readonly crashes: readonly number[];
  readonly what: readonly string[];
}

export interface SweepSummary {
  readonly seed: number;
  runs: number;
  scenarios: number;
  crashes: number;
  /** Calls to disk, engine and timers in all runs. */
  calls: number;
  spans_acknowledged: number;
  engine_crashes: number;
  answers_lost: number;
  inserts_given_up: number;
  inserts_arrived_late: number;
  inserts_cut_between_targets: number;
  failures: Failure[];
}

const FAILURES_MAX = 20;
const SOON = 80;

export async function sweep(options: SweepOptions): Promise<SweepSummary> {
  const { seed, runs, stride = 1, lies = {} } = options;
  const summary = emptySummary(seed);
  for (let scenario = seed; summary.runs < runs; scenario++) {
    const plain = await simulate({ seed: scenario, crashes: [], lies });
    count(summary, plain, options);
    summary.scenarios++;
    const random = new Random(scenario).fork(5);
    const first = 1 + random.below(stride);
    for (let at = first; at <= plain.points && summary.runs < runs; at += stride) {
      const crashes = [at];
      for (let again = at; random.chance(1 / 3); ) {
        again += 1 + random.below(SOON);
        crashes.push(again);
      }
      count(summary, await simulate({ seed: scenario, crashes, lies }), options);
    }
  }
  return summary;
}

function emptySummary(seed: number): SweepSummary {
  return {
    seed,
    runs: 0,
    scenarios: 0,
    crashes: 0,
    calls: 0,
    spans_acknowledged: 0,
    engine_crashes: 0,
    answers_lost: 0,
    inserts_given_up: 0,
    inserts_arrived_late: 0,
    inserts_cut_between_targets: 0,
    failures: [],
  };
}

function count(summary: SweepSummary, run: RunReport, options: SweepOptions): void {
  const { seed, crashes, points, engine, failures } = run;
  summary.runs++;
  summary.crashes += crashes.filter((at) => at <= points).length;
  summary.calls += points;
  summary.spans_acknowledged += run.acknowledged;
  summary.engine_crashes += engine.crashes;
  summary.answers_lost += engine.lostAnswers;
  summary.inserts_given_up += engine.givenUp;
  summary.inserts_arrived_late += engine.late;
  summary.inserts_cut_between_targets += engine.viewErrors + engine.ended + engine.crashes;
  if (failures.length > 0 && summary.failures.length < FAILURES_MAX) {
    const failure = { seed, crashes, what: [...new Set(failures)] };
    summary.failures.push(failure);
    options.onFailure?.(failure);
  }
  options.onRun?.(summary);
}

/** The command that runs a failed run again and tells what happened in it. */
function replayCommand({ seed, crashes }: Pick<RunReport, 'seed' | 'crashes'>): string {
  const dies = crashes.length === 0 ? 'never' : crashes.join(',');
  return `npm run test:simulation -- --seed ${seed} --crash ${dies}`;
}

export function describeFailure(failure: Failure): string {
  return `${replayCommand(failure)}\n  ${failure.what.slice(0, 5).join('\n  ')}\n`;
}

export function describeSweep(summary: SweepSummary): string {
  const lines = summary.failures.map(describeFailure);
  const { runs, scenarios, crashes, calls, spans_acknowledged: spans } = summary;
  const done = `${runs} runs of ${scenarios} scenarios: ${crashes} deaths in ${calls} calls, ${spans} spans acknowledged`;
  return `${lines.join('')}${done}, ${summary.failures.length} runs wrong\n`;
}
