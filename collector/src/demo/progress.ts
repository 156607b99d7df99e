/** A progress line: on a terminal it rewrites itself, elsewhere it is a line each quarter of the way. */

export interface Progress {
  /** Adds to what is done. */
  add(count: number): void;
  /** Ends the line. */
  end(): void;
}

const BAR_WIDTH = 28;
const QUIET_STEPS = 4;

/**
 * @param total what `add` adds up to
 * @param write where to, normally standard error, so that standard output holds the result only
 */
export function createProgress(
  label: string,
  total: number,
  { write, isTerminal }: { write: (text: string) => void; isTerminal: boolean },
): Progress {
  let done = 0;
  let shownSteps = 0;
  const show = (): void => {
    const share = total === 0 ? 1 : Math.min(1, done / total);
    if (isTerminal) {
      const full = Math.floor(share * BAR_WIDTH);
      write(`\r${label} ${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${done}/${total}`);
      return;
    }
    const steps = Math.floor(share * QUIET_STEPS);
    if (steps > shownSteps) write(`${label} ${done}/${total}\n`);
    shownSteps = Math.max(shownSteps, steps);
  };
  return {
    add: (count) => {
      done += count;
      show();
    },
    end: () => {
      if (isTerminal) write('\r\x1b[2K');
    },
  };
}

/** No progress is shown. */
export const SILENT_PROGRESS: Progress = { add: () => undefined, end: () => undefined };
