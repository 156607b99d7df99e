// The way of `aicost import` to a collector. It sends until it is answered: a collector that is full, or away after it
// answered once, is asked again for ten minutes; a rate that is used up is waited for as long as the collector says.
import { IMPORT_ANSWER, type ImportAnswer } from '../import-rows.ts';
import type { ProblemCode } from '../problems.ts';
import { CommandError } from './command.ts';

/** A collector that restarts, or writes down what waits, is back by then. */
const PATIENCE_MS = 600_000;
const WAIT_STEP_MS = 500;
const WAIT_MS_MAX = 15_000;
/** Whoever has so low a rate should not import within it. */
const ASKED_WAIT_MS_MAX = 3_600_000;
const ANSWER_TIMEOUT_MS = 120_000;
const RETRYABLE: ReadonlySet<number> = new Set([429, 503, 504]);
/** Over for today, however long one waits. */
const QUOTA: ProblemCode = 'quota_used_up';
const RATE: ProblemCode = 'rate_limited';

/** What it needs of the outside, passed in so that tests need not wait. */
export interface SenderDeps {
  readonly url: string;
  readonly key: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** A clock that no change of the time moves. */
  readonly nowMs: () => number;
}

export class ImportSender {
  private readonly deps: SenderDeps;
  private hasAnswered = false;

  constructor(deps: SenderDeps) {
    this.deps = deps;
  }

  /** @throws CommandError */
  async post(body: object): Promise<ImportAnswer> {
    const text = JSON.stringify(body);
    let deadlineMs = this.deps.nowMs() + PATIENCE_MS;
    for (let tries = 1; ; tries++) {
      const posted = await this.postOnce(text);
      this.hasAnswered ||= 'answer' in posted;
      if ('answer' in posted) return posted.answer;
      const waitMs = Math.max(posted.waitMs, Math.min(WAIT_MS_MAX, WAIT_STEP_MS * tries));
      const isWorthIt =
        posted.mayRetry &&
        posted.waitMs <= ASKED_WAIT_MS_MAX &&
        (this.hasAnswered || posted.isThere);
      if (!isWorthIt || this.deps.nowMs() >= deadlineMs) throw new CommandError(posted.detail);
      if (posted.code === RATE) deadlineMs += waitMs;
      await this.deps.sleep(waitMs);
    }
  }

  private async postOnce(body: string): Promise<Posted> {
    const { url, key } = this.deps;
    let response: Response;
    let text: string;
    try {
      response = await this.deps.fetch(`${url}/api/v1/admin/import`, {
        method: 'POST',
        headers: { 'x-api-key': key, 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      text = await response.text();
    } catch {
      const detail = `no collector answers at ${url}`;
      return { detail, mayRetry: true, isThere: false, waitMs: 0 };
    }
    const value = parseJson(text);
    if (response.ok) return { answer: IMPORT_ANSWER.parse(value) };
    const code = fieldOf(value, 'code');
    return {
      detail: `${url} answered ${response.status}: ${fieldOf(value, 'detail') ?? text.slice(0, 200)}`,
      mayRetry: RETRYABLE.has(response.status) && code !== QUOTA,
      isThere: true,
      waitMs: (Number(response.headers.get('retry-after')) || 0) * 1_000,
      code,
    };
  }
}

type Posted =
  | { readonly answer: ImportAnswer }
  | {
      readonly detail: string;
      readonly mayRetry: boolean;
      /** Whether something answered. */
      readonly isThere: boolean;
      /** How long it asks to wait; 0 where it does not say. */
      readonly waitMs: number;
      readonly code?: string | undefined;
    };

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Something that is no collector may answer anything; the status is told either way.
    return undefined;
  }
}

function fieldOf(value: unknown, name: 'code' | 'detail'): string | undefined {
  return typeof value === 'object' && value !== null && name in value
    ? String((value as Readonly<Record<string, unknown>>)[name])
    : undefined;
}
