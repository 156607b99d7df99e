// Where the commands that stand on other parts of the program get them; imported only when the command runs.
import { CommandError, type CommandInput } from './cli/command.ts';
import type { OpenStoppedJournal } from './cli/journal.ts';
import type { OpenStoppedKeys } from './cli/key-door.ts';
import type { OpenStoppedLedger } from './cli/ledger-door.ts';
import type { OpenOfflinePrices } from './cli/prices.ts';
import type { StartCollector } from './running-collector.ts';

/** Runs a command. @returns its exit code */
export type RunCommandPart = (input: CommandInput) => Promise<number>;

export interface CommandParts {
  readonly start: () => Promise<StartCollector>;
  readonly migrate: () => Promise<RunCommandPart>;
  readonly pricesCalc: () => Promise<RunCommandPart>;
  readonly offlinePrices: OpenOfflinePrices;
  readonly stoppedKeys: OpenStoppedKeys;
  readonly stoppedLedger: OpenStoppedLedger;
  readonly stoppedJournal: OpenStoppedJournal;
  readonly restore: () => Promise<RunCommandPart>;
  readonly move: () => Promise<RunCommandPart>;
  readonly importHistory: () => Promise<RunCommandPart>;
  readonly demo: () => Promise<RunCommandPart>;
}

export const COMMAND_PARTS: CommandParts = {
  start: async () => (await import('./collector.ts')).startCollector,
  migrate: async () => (await import('./migrate-command.ts')).runMigrate,
  pricesCalc: async () => {
    const { loadPriceBook } = await import('./price/load-book.ts');
    const { runPricesCalc } = await import('./price/calc-command.ts');
    const { UnreadableLineError } = await import('./price/calc.ts');
    return async ({ io }) => {
      const nowNs = BigInt(io.now().getTime()) * 1_000_000n;
      try {
        await runPricesCalc({ input: io.input, write: io.write, nowNs, book: loadPriceBook() });
        return 0;
      } catch (error) {
        if (error instanceof UnreadableLineError) throw new CommandError(error.message);
        throw error;
      }
    };
  },
  offlinePrices: async () => {
    const { reportOnBook } = await import('./price/report-book.ts');
    const { loadPriceBook } = await import('./price/load-book.ts');
    const { showPrice } = await import('./price/show-price.ts');
    const { parseInstantNs } = await import('./price/calc.ts');
    return {
      report: reportOnBook,
      show: (question) => showPrice(loadPriceBook(), question),
      parseInstantNs,
    };
  },
  stoppedKeys: async (dataDir) =>
    (await import('./control/stopped-keys.ts')).openStoppedKeys(dataDir),
  stoppedLedger: async (config) => (await import('./stopped-ledger.ts')).openStoppedLedger(config),
  stoppedJournal: async (dataDir) =>
    (await import('./journal/stopped-journal.ts')).openStoppedJournal(dataDir),
  restore: async () => (await import('./restore-command.ts')).runRestore,
  move: async () => (await import('./move-command.ts')).runMove,
  importHistory: async () => (await import('./import-command.ts')).runImport,
  demo: async () => (await import('./demo-command.ts')).runDemoCommand,
};
