// What the process shell needs of a collector: to start it, to drain it, and to make its journal safe.
import type { Config } from './config.ts';
import type { Logger } from './log.ts';

export interface RunningCollector {
  /** Takes no new request, finishes running ones and writes what it can until `deadline` fires. */
  drain(deadline: AbortSignal): Promise<void>;
  /** Makes every acknowledged span durable and nothing else: the last thing before a fault ends the process. */
  makeJournalSafe(): Promise<void>;
  /** Rejects when a part that cannot be lived without fails for good; otherwise stays open. */
  readonly failure: Promise<never>;
}

export interface StartRequest {
  readonly config: Config;
  readonly log: Logger;
  /** Sentences of the configuration to show once. */
  readonly warnings: readonly string[];
  /** Text for the person who starts it (where to send, which key): standard output, not the log. */
  readonly write: (text: string) => void;
}

/** Provided by collector.ts. Resolves when spans can be accepted. @throws ConfigError for a wrong option */
export type StartCollector = (request: StartRequest) => Promise<RunningCollector>;
