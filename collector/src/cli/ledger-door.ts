/**
 * The way to work on the ledger: through the collector that runs on the data directory, or, where none runs, into the
 * directory itself. Both show the same progress and come to the same last line.
 */
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import type { Config } from '../config.ts';
import { Problem } from '../problems.ts';
import { findKey, openCollectorClient } from './collector-client.ts';
import { CommandError, type CommandInput } from './command.ts';
import { isRunning } from './is-running.ts';
import { followLongWork } from './long-work.ts';

export type Line = Record<string, unknown>;
type Show = (progress: object) => void;

/** What an operator can ask of the ledger, with the bodies and last lines of the API. */
export interface LedgerOperations {
  settle(body: object, show: Show): Promise<object>;
  verify(body: object, show: Show): Promise<object>;
  reprice(body: object, show: Show): Promise<object>;
  retention(body: object, show: Show): Promise<object>;
  backup(body: object, show: Show): Promise<object>;
}

/** The ledger of a data directory on which no collector runs; undefined where there is none to open. */
export type OpenStoppedLedger = (
  config: Config,
) => Promise<(LedgerOperations & { readonly close: () => Promise<void> }) | undefined>;

export interface LedgerWish {
  readonly operation: keyof LedgerOperations;
  readonly body?: object;
  /** Progress in people's words. */
  readonly show: (progress: Line) => string;
}

/**
 * Does the work and shows its progress, in people's words or not at all where the answer is to be JSON. Resolves with
 * the last line. A collector that was named by --url is always asked.
 */
export async function workOnLedger(
  input: CommandInput,
  open: OpenStoppedLedger,
  wish: LedgerWish,
): Promise<Line> {
  const { config, io, json } = input;
  const onProgress = (progress: object) => {
    if (!json) io.writeError(wish.show({ ...progress }));
  };
  const mustAsk = config.url !== null || (await isRunning(config.dataDir));
  const stopped = mustAsk ? undefined : await open(config);
  const last =
    stopped === undefined
      ? await askCollector(config, wish, onProgress)
      : await inDirectory(stopped, wish, onProgress);
  if (json) io.write(`${JSON.stringify(last)}\n`);
  return last;
}

async function askCollector(
  config: Config,
  { operation, body }: LedgerWish,
  onProgress: Show,
): Promise<Line> {
  const { url } = await openCollectorClient(config);
  const asked = { url, key: await findKey(config), path: `/api/v1/admin/${operation}`, onProgress };
  return followLongWork(body === undefined ? asked : { ...asked, body });
}

async function inDirectory(
  stopped: LedgerOperations & { readonly close: () => Promise<void> },
  { operation, body = {} }: LedgerWish,
  onProgress: Show,
): Promise<Line> {
  try {
    return { done: true, ...(await stopped[operation](body, onProgress)) };
  } catch (error) {
    const isTold = error instanceof Problem || error instanceof StoreError;
    if (isTold) throw new CommandError(error.message, { cause: error });
    throw error;
  } finally {
    await stopped.close();
  }
}
