/** The fault proxy of the phase `faults`: which statements are struck, and how hard. */
import { FAULTS, FaultProxy } from '../faults/fault-proxy.ts';
import type { EngineServer } from './engine-server.ts';
import type { Random } from './random.ts';

/** What the answer to an insert decides is struck more often; the rest stands for all questions. */
const INSERT_FAULTS = 0.5;
const OTHER_FAULTS = 0.03;

export function openKillProxy(server: EngineServer, port: number, random: Random): FaultProxy {
  return new FaultProxy({
    target: () => server.url,
    random,
    port,
    heldMsMax: 2_000,
    lateMs: () => random.below(9_000),
    draw: ({ queryId }) =>
      random.chance(queryId.startsWith('aicost-segment-') ? INSERT_FAULTS : OTHER_FAULTS)
        ? random.pick(FAULTS)
        : 'none',
  });
}
