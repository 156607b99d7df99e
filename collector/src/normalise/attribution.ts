/**
 * Whom and what a call was for, by the names every emitter may use. A dialect's own names come after the
 * explicit ones of the application (`aicost.*`) and before the resource's.
 */
import type { AttributeKeys, KeyId } from './attribute-keys.ts';
import type { AttributeReader } from './attribute-reader.ts';
import { type Attribution, NOBODY } from './call.ts';

type AttributionName = keyof Omit<Attribution, 'tags'>;

/** Names on the span, first told wins. */
const SPAN_NAMES: Readonly<Record<AttributionName, readonly string[]>> = {
  user: ['user.id', 'enduser.id', 'gen_ai.user'],
  session: ['gen_ai.conversation.id', 'session.id'],
  feature: ['aicost.feature', 'gen_ai.workflow.name'],
  agent: ['gen_ai.agent.name'],
  prompt: ['gen_ai.prompt.name'],
  promptVersion: ['gen_ai.prompt.version'],
  tool: ['gen_ai.tool.name'],
};

/** Keys that tell whom a call was for: what they hold is no content, whatever they begin with. */
export const ATTRIBUTION_KEYS: readonly string[] = Object.values(SPAN_NAMES).flat();

/** Names on the resource, where the span says nothing. */
const RESOURCE_NAMES: Partial<Record<AttributionName, readonly string[]>> = {
  user: ['user.id'],
  session: ['session.id'],
  feature: ['aicost.feature'],
};

const NAMES = Object.keys(SPAN_NAMES) as AttributionName[];

export class AttributionReader {
  private readonly spanKeys: Record<AttributionName, KeyId[]>;
  private readonly resourceKeys: Record<AttributionName, KeyId[]>;

  constructor(spanKeys: AttributeKeys, resourceKeys: AttributeKeys) {
    this.spanKeys = declareAll(spanKeys, SPAN_NAMES);
    this.resourceKeys = declareAll(resourceKeys, RESOURCE_NAMES);
  }

  read(
    span: AttributeReader,
    resource: AttributeReader,
    own: Partial<Omit<Attribution, 'tags'>>,
  ): Attribution {
    const found: Attribution = { ...NOBODY, tags: span.tags() };
    for (const name of NAMES) {
      found[name] =
        span.passedText(this.spanKeys[name]) ??
        own[name] ??
        resource.passedText(this.resourceKeys[name]) ??
        '';
    }
    return found;
  }

  /** Whether a span with these keys may tell whom it was for. */
  mayTell(keys: readonly KeyId[]): boolean {
    return NAMES.some((name) => this.spanKeys[name].some((key) => keys.includes(key)));
  }

  /** Whether the resource tells whom all its spans were for. */
  isToldBy(resource: AttributeReader): boolean {
    return NAMES.some((name) => resource.firstText(this.resourceKeys[name]) !== undefined);
  }
}

/**
 * A session that is the call's own id, or its trace's, groups nothing: some emitters fill the field where they know no
 * conversation (Sentry's AI SDK path: the response id; the conventions forbid trace ids, and they are seen).
 */
export function withoutFalseSession(attribution: Attribution, ids: CallIds): Attribution {
  return isFalseSession(attribution.session, ids) ? { ...attribution, session: '' } : attribution;
}

export function isFalseSession(session: string, { responseId, traceId }: CallIds): boolean {
  return (
    session !== '' &&
    (session === responseId || session.replaceAll('-', '').toLowerCase() === traceId)
  );
}

interface CallIds {
  responseId: string;
  /** Hexadecimal, lower case. */
  traceId: string;
}

function declareAll(
  keys: AttributeKeys,
  names: Partial<Record<AttributionName, readonly string[]>>,
): Record<AttributionName, KeyId[]> {
  const ids = {} as Record<AttributionName, KeyId[]>;
  for (const name of NAMES) {
    ids[name] = (names[name] ?? []).map((key) => keys.declare(key));
  }
  return ids;
}
