/**
 * Attribution that crosses services as W3C baggage, under the names of its attributes. Only our own names are read:
 * baggage comes from outside.
 */
import { type Baggage, type BaggageEntry, type Context, propagation } from '@opentelemetry/api';
import type { Attribution } from './attribution.ts';
import { attributionAttributes } from './attribution-attributes.ts';
import {
  ATTR_AICOST_FEATURE,
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_PROMPT_NAME,
  ATTR_GEN_AI_PROMPT_VERSION,
  ATTR_SESSION_ID,
  ATTR_USER_ID,
  PREFIX_AICOST_TAG,
} from './semconv.ts';

/** A header line has to stay small: what does not fit is not sent. */
const VALUE_LENGTH_MAX = 256;

/** The context with the attribution in its baggage, beside what is there. */
export function withBaggage(context: Context, attribution: Attribution): Context {
  let baggage = propagation.getBaggage(context) ?? propagation.createBaggage();
  for (const [name, value] of Object.entries(attributionAttributes(attribution))) {
    const text = String(value);
    if (text.length <= VALUE_LENGTH_MAX) baggage = baggage.setEntry(name, { value: text });
  }
  return propagation.setBaggage(context, baggage);
}

/** What the baggage of this context tells; undefined when it tells nothing. */
export function attributionOfBaggage(context: Context): Attribution | undefined {
  const baggage = propagation.getBaggage(context);
  if (baggage === undefined) return undefined;
  const entries = baggage.getAllEntries().filter(([name]) => isOurs(name));
  return entries.length === 0 ? undefined : readBaggage(baggage, entries);
}

const NAMES: ReadonlySet<string> = new Set([
  ATTR_AICOST_FEATURE,
  ATTR_USER_ID,
  ATTR_SESSION_ID,
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_PROMPT_NAME,
  ATTR_GEN_AI_PROMPT_VERSION,
]);

const isOurs = (name: string): boolean => NAMES.has(name) || name.startsWith(PREFIX_AICOST_TAG);

function readBaggage(baggage: Baggage, entries: readonly [string, BaggageEntry][]): Attribution {
  const text = (name: string): string | undefined => baggage.getEntry(name)?.value;
  const promptName = text(ATTR_GEN_AI_PROMPT_NAME);
  const tags = entries
    .filter(([name]) => name.startsWith(PREFIX_AICOST_TAG))
    .map(([name, { value }]) => [name.slice(PREFIX_AICOST_TAG.length), value] as const);
  return {
    feature: text(ATTR_AICOST_FEATURE),
    user: text(ATTR_USER_ID),
    session: text(ATTR_SESSION_ID),
    agent: text(ATTR_GEN_AI_AGENT_NAME),
    prompt:
      promptName === undefined
        ? undefined
        : { name: promptName, version: text(ATTR_GEN_AI_PROMPT_VERSION) },
    tags: tags.length === 0 ? undefined : Object.fromEntries(tags),
  };
}
