/**
 * `aicost demo`: makes an hour of traffic, sends it through the OpenTelemetry SDK, waits until the collector shows it,
 * and prints what it cost. Invariant: what is printed is of this run alone, and of all of it.
 */
import { awaitVisible } from './await-visible.ts';
import { DemoError } from './demo-error.ts';
import { factsOf } from './demo-facts.ts';
import { createProgress, SILENT_PROGRESS } from './progress.ts';
import { reportText } from './report.ts';
import { createScenario } from './scenario.ts';
import { sendScenario } from './send-scenario.ts';

/** What the demo needs of the outside. */
export interface DemoRun {
  /** The collector and a key with the scopes ingest and read. */
  readonly url: string;
  readonly key: string;
  /** GET of a path of its API; the parsed answer. */
  readonly ask: (path: string) => Promise<unknown>;
  /** A breakdown as a table. */
  readonly showBreakdown: (answer: unknown, by: string) => string;
  /** What the person gave, or undefined: the usual traffic. */
  readonly seed: string | undefined;
  /** Letters and digits that no other run has. */
  readonly runId: string;
  readonly json: boolean;
  readonly write: (text: string) => void;
  readonly writeProgress: (text: string) => void;
  readonly isTerminal: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly hints: {
    readonly options: string;
    readonly keyFile: string;
    readonly sqlUrl: string | null;
  };
}

const USUAL_SEED = 1;
const HOUR_MS = 3_600_000;
/**
 * The engine gives way to everything else: on two busy cores it took 40 s for the demo. And what came in an order that
 * told too many is taken back by settle after 120 s (`--settle-after`).
 */
const VISIBLE_TIMEOUT_MS = 240_000;

/** @throws DemoError, and what `ask` throws */
export async function runDemo(run: DemoRun): Promise<void> {
  const scenario = createScenario(readSeed(run.seed), run.runId);
  const facts = factsOf(scenario);
  // Whether a collector answers and knows the key is found out before anything is sent.
  await run.ask('/api/v1/status');
  const startedMs = run.nowMs();
  const progress = run.json
    ? SILENT_PROGRESS
    : createProgress('Sending spans', facts.spans, {
        write: run.writeProgress,
        isTerminal: run.isTerminal,
      });
  try {
    const { url, key } = run;
    await sendScenario(scenario, { url, key, nowMs: startedMs, onAcknowledged: progress.add });
  } finally {
    progress.end();
  }
  const range = {
    from: new Date(startedMs - HOUR_MS).toISOString(),
    to: new Date(startedMs).toISOString(),
    'tag.demo_run': run.runId,
  };
  const pathOf = (question: string, more: Record<string, string> = {}): string =>
    `/api/v1/${question}?${new URLSearchParams({ ...range, ...more })}`;
  await awaitVisible(run.ask, {
    path: pathOf('costs/breakdown'),
    calls: facts.calls,
    timeoutMs: VISIBLE_TIMEOUT_MS,
  });
  const tookMs = run.nowMs() - startedMs;
  const byModel = await run.ask(pathOf('costs/breakdown', { by: 'model' }));
  const byFeature = await run.ask(pathOf('costs/breakdown', { by: 'feature' }));
  const unpriced = await run.ask(pathOf('unpriced'));
  const { url, runId } = run;
  if (run.json) {
    const { traces, spans, calls } = facts;
    const answers = { by_model: byModel, by_feature: byFeature, unpriced };
    run.write(`${JSON.stringify({ run_id: runId, url, traces, spans, calls, ...answers })}\n`);
    return;
  }
  run.write(
    reportText({
      runId,
      url,
      facts,
      tookMs,
      byModel: run.showBreakdown(byModel, 'model'),
      byFeature: run.showBreakdown(byFeature, 'feature'),
      totals: byModel,
      unpriced,
      ...run.hints,
    }),
  );
}

function readSeed(text: string | undefined): number {
  if (text === undefined) return USUAL_SEED;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new DemoError(
    `--seed is ${JSON.stringify(text)}; expected a whole number of at most 9 digits.`,
  );
}
