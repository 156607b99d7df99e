/** Attribution as attributes of a span, under the names that the collector reads on every span. */
import type { Attributes } from '@opentelemetry/api';
import type { Attribution } from './attribution.ts';
import {
  ATTR_AICOST_FEATURE,
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_PROMPT_NAME,
  ATTR_GEN_AI_PROMPT_VERSION,
  ATTR_SESSION_ID,
  ATTR_USER_ID,
  PREFIX_AICOST_TAG,
} from './semconv.ts';

/** Only what is said. */
export function attributionAttributes(attribution: Attribution): Attributes {
  const attributes: Attributes = {};
  fillAttribution(attributes, attribution);
  return attributes;
}

/** The same, into attributes that are there already. Programs without types say null for what they do not know. */
export function fillAttribution(attributes: Attributes, attribution: Attribution): void {
  const { feature, user, session, agent, prompt, tags } = attribution;
  if (feature != null) attributes[ATTR_AICOST_FEATURE] = feature;
  if (user != null) attributes[ATTR_USER_ID] = user;
  if (session != null) attributes[ATTR_SESSION_ID] = session;
  if (agent != null) attributes[ATTR_GEN_AI_AGENT_NAME] = agent;
  if (prompt?.name != null) {
    attributes[ATTR_GEN_AI_PROMPT_NAME] = prompt.name;
    if (prompt.version != null) attributes[ATTR_GEN_AI_PROMPT_VERSION] = prompt.version;
  }
  for (const name in tags) {
    const value = tags[name];
    if (value != null) attributes[PREFIX_AICOST_TAG + name] = value;
  }
}
