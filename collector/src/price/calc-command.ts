/**
 * `aicost prices calc`: JSON lines in, JSON lines out, in order. It needs no engine, collector or
 * data directory. Invariant: every readable line is answered; one that is not JSON ends the run.
 */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { calcLine, UnreadableLineError } from './calc.ts';
import type { PriceBook } from './price-book.ts';

export type CalcRun = {
  readonly input: Readable;
  readonly write: (text: string) => void;
  /** The time of calls that tell none, nanoseconds since 1970. */
  readonly nowNs: bigint;
  readonly book: PriceBook;
};

/** Resolves to the number of priced or refused lines. Throws UnreadableLineError naming the line. */
export async function runPricesCalc(run: CalcRun): Promise<number> {
  const lines = createInterface({ input: run.input, crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  let answered = 0;
  for await (const line of lines) {
    number += 1;
    if (line.trim() === '') continue;
    try {
      run.write(`${calcLine(run.book, line, run.nowNs)}\n`);
    } catch (error) {
      if (!(error instanceof UnreadableLineError)) throw error;
      const next = 'expected one JSON object a line with provider, model and usage';
      throw new UnreadableLineError(
        `input line ${number} cannot be read: ${error.message}; ${next}`,
        {
          cause: error,
        },
      );
    }
    answered += 1;
  }
  return answered;
}
