// The limits of the live stream, as part of the table of limits.
import { limit } from './limit-spec.ts';

export const LIVE_LIMITS = {
  live_clients: limit({
    scope: 'collector',
    unit: 'streams',
    byDefault: 500,
    problem: 'too_many_streams',
    sentence: 'Live streams open at a time.',
    reason: 'Each holds a connection, and its tenant the events of the last moments.',
  }),
  live_clients_per_key: limit({
    scope: 'collector',
    unit: 'streams',
    byDefault: 250,
    problem: 'too_many_streams',
    sentence: 'Live streams open at a time with one key.',
    reason: 'Half of live_clients: no key takes all places.',
  }),
  live_calls_per_second: limit({
    scope: 'collector',
    unit: 'calls/s',
    byDefault: 100,
    problem: null,
    answer: 'Events `sampled` tell how many calls were not shown, and what they cost.',
    isUncounted: true,
    sentence:
      'Calls of one tenant that the live stream shows one by one, the first of each second.',
    reason: 'Nobody reads more, and showing calls must not take the time of taking them in.',
  }),
  live_resume_bytes: limit({
    scope: 'collector',
    unit: 'bytes',
    byDefault: 512 * 1024,
    problem: null,
    answer:
      'The oldest events go: an event `missed` or `reset` tells the client that had not seen them.',
    isUncounted: true,
    sentence:
      'Events of one tenant that are kept for clients that are slow or come back, while it is listened to and a minute after.',
    reason:
      'Some seconds of the most that is shown; all tenants that may be listened to fit into 256 MiB.',
  }),
} as const;
