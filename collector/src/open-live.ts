/** The live stream, with its limits, its metrics and the clocks of the process. */
import { randomBytes } from 'node:crypto';
import { LIMITS } from './limit-table.ts';
import { LIVE_STREAM } from './limits.ts';
import { LiveHub } from './live/live-hub.ts';
import type { Metrics } from './metrics.ts';
import { systemTimers } from './timers.ts';

export function openLive(metrics: Metrics): LiveHub {
  return new LiveHub({
    ...LIVE_STREAM,
    clientsMax: LIMITS.live_clients.byDefault,
    clientsPerKeyMax: LIMITS.live_clients_per_key.byDefault,
    callsPerSecondMax: LIMITS.live_calls_per_second.byDefault,
    ringBytesMax: LIMITS.live_resume_bytes.byDefault,
    timers: systemTimers,
    nowMs: () => performance.now(),
    newEpoch: () => randomBytes(8).toString('hex'),
    onClients: (count) => metrics.aicost_live_clients.set(count),
    onSent: (events) => metrics.aicost_live_events_sent_total.inc(events),
    onMissed: (events) => metrics.aicost_live_events_missed_total.inc(events),
  });
}
