// What `/healthz` and `/readyz` answer: whether the process lives, and how each of its parts is.
import { z } from 'zod';

export const HEALTH_ANSWER = z.object({ status: z.literal('ok') });
export type HealthAnswer = z.output<typeof HEALTH_ANSWER>;

const PART = z.object({
  name: z.string(),
  needed_for: z
    .enum(['ingest', 'query', 'complete'])
    .describe(
      'What fails without it: accepting and keeping spans, or only answering questions; `complete` when answers are given all the same, but lack something.',
    ),
  ok: z.boolean(),
  detail: z.string().describe('For people.'),
});
export type PartRow = z.output<typeof PART>;

export const READINESS_ANSWER = z.object({
  ready: z.boolean(),
  draining: z.boolean().describe('It ends: send elsewhere while running requests finish.'),
  parts: z.array(PART),
});
export type ReadinessAnswer = z.output<typeof READINESS_ANSWER>;
