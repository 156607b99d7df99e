/** People who look at dashboards meanwhile: the questions a dashboard asks, again and again, some at a time. */
import { quantile } from '../sender/sending.ts';
import { sleep } from '../wait.ts';

/** The corpus's day. */
const DAY = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';
const QUESTIONS = [
  `/api/v1/costs/breakdown?${DAY}&by=model`,
  `/api/v1/costs/breakdown?${DAY}&by=feature,model&limit=50`,
  `/api/v1/costs/breakdown?${DAY}&by=service`,
  `/api/v1/costs/breakdown?${DAY}&by=user&limit=20`,
];
const VIEWERS = 2;
const PAUSE_MS = 500;

export class Viewers {
  private readonly url: string;
  private readonly key: string;
  private readonly tookMs: number[] = [];
  private isOver = false;
  private readonly running: Promise<unknown>;

  constructor({ url, key }: { url: string; key: string }) {
    this.url = url;
    this.key = key;
    this.running = Promise.all(Array.from({ length: VIEWERS }, (_, n) => this.look(n)));
  }

  /** How many questions were answered, and how long the slower half took at least. */
  async stop(): Promise<{ questions: number; medianMs: number }> {
    this.isOver = true;
    await this.running;
    const ascending = this.tookMs.toSorted((a, b) => a - b);
    return { questions: ascending.length, medianMs: quantile(ascending, 0.5) };
  }

  private async look(first: number): Promise<void> {
    for (let n = first; !this.isOver; n++) {
      const startedMs = performance.now();
      const question = this.url + QUESTIONS[n % QUESTIONS.length];
      const answer = await fetch(question, { headers: { 'x-api-key': this.key } });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${question} answered ${answer.status}: ${text}`);
      this.tookMs.push(performance.now() - startedMs);
      await sleep(PAUSE_MS);
    }
  }
}
