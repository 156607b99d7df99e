/**
 * Asks the collector for settle and reprice while it may be killed: what it answered, how far it came, and whether it
 * was cut off. An answer that no operator should get is a fault.
 */
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';

export interface WorkCounts {
  /** Asked for and begun; ended well; cut off in the middle. */
  begun: number;
  finished: number;
  interrupted: number;
}

function noWork(): WorkCounts {
  return { begun: 0, finished: 0, interrupted: 0 };
}

export type Work = 'settle' | 'reprice';

interface Line {
  readonly progress?: Record<string, unknown>;
  readonly done?: true;
  readonly problem?: { readonly code: string; readonly detail: string };
  readonly entries?: number;
  readonly changed?: number;
}

/** What an operator may be told while parts of the collector are down. */
const DOWN: readonly string[] = ['engine_unavailable', 'journal_unavailable', 'query_timeout'];
const WORK_MS_MAX = 180_000;

export interface AskerOptions {
  readonly url: string;
  readonly key: string;
  /** The range that reprice is asked for, in RFC 3339. */
  readonly from: string;
  readonly to: string;
  readonly faults: string[];
}

export class LedgerAsker {
  readonly counts: Record<Work, WorkCounts> = { settle: noWork(), reprice: noWork() };
  private readonly options: AskerOptions;

  constructor(options: AskerOptions) {
    this.options = options;
  }

  /**
   * Resolves with the last line when the work ended well, with undefined when it was cut off or never begun.
   * `onProgress` is told of the beginning too. `asked` is more of the body, such as another range.
   */
  async ask(
    work: Work,
    onProgress: (step: string) => void = () => undefined,
    asked: object = {},
  ): Promise<Line | undefined> {
    const counts = this.counts[work];
    let hasBegun = false;
    try {
      const response = await this.post(work, asked);
      if (!response.ok) {
        await this.refused(work, response);
        return undefined;
      }
      hasBegun = true;
      counts.begun++;
      onProgress('begun');
      const last = await this.read(response, onProgress);
      counts[last === undefined ? 'interrupted' : 'finished']++;
      return last;
    } catch (error) {
      if (!(error instanceof Error)) {
        throw error;
      }
      // The collector was killed: fetch says so with a TypeError, the stream with an error of the socket.
      counts.interrupted += hasBegun ? 1 : 0;
      return undefined;
    }
  }

  private post(work: Work, asked: object): Promise<Response> {
    const { url, key, from, to } = this.options;
    return fetch(`${url}/api/v1/admin/${work}`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      ...(work === 'reprice' ? { body: JSON.stringify({ from, to, ...asked }) } : {}),
      signal: AbortSignal.timeout(WORK_MS_MAX),
    });
  }

  private async refused(work: Work, response: Response): Promise<void> {
    const text = await response.text();
    if (response.status !== 503) {
      this.options.faults.push(`${work}: status ${response.status}: ${text.slice(0, 300)}`);
    }
  }

  private async read(
    response: Response,
    onProgress: (step: string) => void,
  ): Promise<Line | undefined> {
    const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
    for await (const text of createInterface({ input: body })) {
      const line = JSON.parse(text) as Line;
      if (line.done === true) {
        return line;
      }
      if (line.problem !== undefined) {
        if (!DOWN.includes(line.problem.code)) {
          this.options.faults.push(`work failed: ${text.slice(0, 300)}`);
        }
        return undefined;
      }
      onProgress(String(line.progress?.['step'] ?? 'progress'));
    }
    return undefined;
  }
}
