/**
 * An engine for tests: started on a fresh directory and taken away afterwards. With
 * AICOST_TEST_CLICKHOUSE_URL the same tests can be pointed at a real server.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { EngineAddress } from './ping.ts';
import { type StartEngineOptions, type SupervisedEngine, startEngine } from './supervise.ts';

/** A running engine with its own directory. */
export interface TestEngine extends SupervisedEngine {
  readonly dataDir: string;
  /** Ends the process and removes the directory. */
  remove(): Promise<void>;
}

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Starts an engine on a new directory under the temporary directory. */
export async function startTestEngine(
  options: Partial<StartEngineOptions> = {},
): Promise<TestEngine> {
  const dataDir = options.dataDir ?? (await mkdtemp(`${tmpdir()}/aicost-engine-`));
  const engine = await startEngine({ log: SILENT, pingEveryMs: 500, ...options, dataDir });
  return Object.assign(engine, {
    dataDir,
    remove: async () => {
      await engine.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  });
}

/** The part of StoreOptions that leads to an engine. */
export function storeAddress(address: EngineAddress): { socketPath: string } | { url: string } {
  return 'socketPath' in address
    ? { socketPath: address.socketPath }
    : { url: `http://${address.host}:${address.port}` };
}
