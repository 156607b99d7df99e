/** Spans of the collector's own work, where `--self-traces` asks for them: the SDK is loaded then, and only then. */
import type { Config } from './config.ts';
import type { Logger } from './log.ts';
import { NO_OWN_TRACES, type OwnTraces } from './own-traces.ts';

export async function openOwnTraces(
  { selfTraces, selfTracesRatio, selfTracesHeaders }: Config,
  log: Logger,
): Promise<OwnTraces> {
  if (selfTraces === null) return NO_OWN_TRACES;
  const { exportOwnTraces } = await import('./export-own-traces.ts');
  log.info({ endpoint: selfTraces, ratio: selfTracesRatio }, 'own traces are sent');
  return exportOwnTraces({
    endpoint: selfTraces,
    headers: selfTracesHeaders ?? {},
    ratio: selfTracesRatio,
    random: Math.random,
  });
}
