/**
 * The traffic of the demo: an hour of a small company, as trees of spans with the usage that each call is known to
 * have. Invariant: the same seed gives the same traces; only the ids that must be new come from the run.
 */
import { documentBatch } from './batch-traffic.ts';
import { pickPerson } from './people.ts';
import { createRandom, type Random } from './random.ts';
import type { Scene } from './scene.ts';
import { documentSearch } from './search-traffic.ts';
import { checkoutHelp } from './shop-traffic.ts';
import type { ServiceName, SpanAttributes, SpanSpec, Step } from './span-spec.ts';
import { supportTicket } from './support-traffic.ts';

export interface DemoTrace {
  /** When the trace ended, in milliseconds before the demo ran. */
  readonly endedAgoMs: number;
  readonly environment: 'production' | 'staging';
  /** On each span of the trace, as an SDK puts baggage on them: whom and what it was for. */
  readonly shared: SpanAttributes;
  readonly root: SpanSpec;
}

export interface Scenario {
  /** Sent as the tag `demo_run`, so that a run can be told from all other traffic. */
  readonly runId: string;
  readonly traces: readonly DemoTrace[];
}

interface Kind {
  readonly service: ServiceName;
  readonly feature: string;
  readonly make: (scene: Scene) => Step;
}

const KINDS: readonly (readonly [Kind, number])[] = [
  [{ service: 'web-frontend', feature: 'checkout-help', make: checkoutHelp }, 33],
  [{ service: 'doc-search', feature: 'documentation-search', make: documentSearch }, 34],
  [{ service: 'support-bot', feature: 'support-answers', make: supportTicket }, 24],
  [{ service: 'batch-summariser', feature: 'document-summaries', make: documentBatch }, 9],
];

const TRACES = 280;
const HOUR_MS = 3_600_000;
/** The oldest span starts within the hour although a trace with retries may last two minutes. */
const LONGEST_TRACE_MS = 150_000;
const NEWEST_AGO_MS = 2_000;
const STAGING_SHARE = 0.12;
/** A person's visits fall into a few conversations. */
const SESSIONS_PER_PERSON = 3;

/**
 * Makes the traffic of one run.
 * @param seed decides everything but ids
 * @param runId letters and digits that no other run has
 */
export function createScenario(seed: number, runId: string): Scenario {
  const random = createRandom(seed);
  let ids = 0;
  const newId = (): string => `${runId}${(++ids).toString(36).padStart(5, '0')}`;
  const traces = Array.from({ length: TRACES }, () => createTrace(random, runId, newId));
  // Oldest first, as it would have arrived.
  traces.sort((a, b) => b.endedAgoMs - a.endedAgoMs);
  return { runId, traces };
}

function createTrace(random: Random, runId: string, newId: () => string): DemoTrace {
  const { service, feature, make } = random.pickWeighted(KINDS);
  const endedAgoMs = random.whole(NEWEST_AGO_MS, HOUR_MS - LONGEST_TRACE_MS);
  const environment = random.chance(STAGING_SHARE) ? 'staging' : 'production';
  const { user, plan } = pickPerson(random);
  const session = `${user.split('.')[0]}-${random.whole(1, SESSIONS_PER_PERSON)}-${runId}`;
  return {
    endedAgoMs,
    environment,
    shared: {
      'user.id': user,
      'session.id': session,
      'aicost.feature': feature,
      'aicost.tag.plan': plan,
      'aicost.tag.demo_run': runId,
    },
    root: make({ random, service, newId })(0),
  };
}
