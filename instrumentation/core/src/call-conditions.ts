/** What changes the price of a call besides its model and its usage, as the answer tells it was served. */
import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_AICOST_BATCH,
  ATTR_AICOST_INFERENCE_GEO,
  ATTR_AICOST_REGION,
  ATTR_AICOST_SEARCH_CONTEXT_SIZE,
  ATTR_AICOST_SERVICE_TIER,
  ATTR_AICOST_SPEED,
} from './semconv.ts';

export interface CallConditions {
  /** As served, in the provider's word: `default`, `flex`, `priority`, `standard`. */
  readonly serviceTier?: string | undefined;
  readonly isBatch?: boolean | undefined;
  readonly speed?: string | undefined;
  readonly region?: string | undefined;
  readonly inferenceGeo?: string | undefined;
  readonly searchContextSize?: string | undefined;
}

const NAMES = {
  serviceTier: ATTR_AICOST_SERVICE_TIER,
  isBatch: ATTR_AICOST_BATCH,
  speed: ATTR_AICOST_SPEED,
  region: ATTR_AICOST_REGION,
  inferenceGeo: ATTR_AICOST_INFERENCE_GEO,
  searchContextSize: ATTR_AICOST_SEARCH_CONTEXT_SIZE,
} as const;

/** Only what is told. */
export function fillConditions(attributes: Attributes, conditions: CallConditions): void {
  for (const name in conditions) {
    const value = conditions[name as keyof CallConditions];
    const attribute = NAMES[name as keyof CallConditions];
    if (value !== undefined && value !== null && attribute !== undefined) {
      attributes[attribute] = value;
    }
  }
}
