/** An engine for tests with what a cluster's servers have: a Keeper, here the one that ClickHouse keeps in memory. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestEngine, type TestEngine } from './test-engine.ts';

const CONFIG = `<clickhouse>
  <zookeeper><implementation>testkeeper</implementation></zookeeper>
  <keeper_map_path_prefix>/keeper_map</keeper_map_path_prefix>
</clickhouse>`;

export async function startKeeperEngine(): Promise<TestEngine> {
  const directory = await mkdtemp(join(tmpdir(), 'aicost-keeper-'));
  const configFile = join(directory, 'config.xml');
  await writeFile(configFile, CONFIG);
  const engine = await startTestEngine({ configFile });
  return Object.assign(engine, {
    remove: async () => {
      await engine.stop();
      await rm(engine.dataDir, { recursive: true, force: true });
      await rm(directory, { recursive: true });
    },
  });
}
