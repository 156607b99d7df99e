/**
 * Dialects' own names for whom a call was for, on spans that are no calls: the root of a request often tells user and
 * session, and the calls below inherit them. Only names in an emitter's own namespace: elsewhere `resource.name` or
 * `agent.name` mean other things.
 */
import type { AttributeKeys, KeyId } from './attribute-keys.ts';
import type { AttributeReader } from './attribute-reader.ts';
import type { DialectDefinition } from './dialect.ts';
import type { AttributionName } from './dialect-table.ts';

const NAMESPACES = [
  'langfuse.',
  'traceloop.',
  'ai.telemetry.',
  'langsmith.',
  'lmnr.',
  'litellm.',
  'mlflow.',
  'gcp.vertex.agent.',
  'microsoft.',
  'spring.ai.',
  'agento11y.',
  'sigil.',
  'genkit:',
  'dify.',
  'lk.',
];

export class AttributionNames {
  private readonly names: readonly [AttributionName, readonly KeyId[]][];
  private readonly own: ReadonlySet<KeyId>;

  constructor(definitions: readonly DialectDefinition[], keys: AttributeKeys) {
    const byName = new Map<AttributionName, KeyId[]>();
    for (const { declared } of definitions) {
      const told = Object.entries(declared.attribution ?? {}) as [AttributionName, string[]][];
      for (const [name, names] of told) {
        const own = names.filter((key) => NAMESPACES.some((space) => key.startsWith(space)));
        byName.set(name, [...(byName.get(name) ?? []), ...own.map((key) => keys.declare(key))]);
      }
    }
    this.names = [...byName];
    this.own = new Set(this.names.flatMap(([, ids]) => ids));
  }

  /** Whether a span with these keys may tell anything by such a name. */
  mayTell(keys: readonly KeyId[]): boolean {
    return keys.some((key) => this.own.has(key));
  }

  /** What the dialects' names on the span say, in the order of the dialects. */
  read(span: AttributeReader): Partial<Record<AttributionName, string>> {
    const told: Partial<Record<AttributionName, string>> = {};
    if (!this.mayTell(span.foundKeys)) {
      return told;
    }
    for (const [name, keys] of this.names) {
      const value = span.firstText(keys) ?? span.firstWhole(keys)?.toString();
      if (value !== undefined) told[name] = value;
    }
    return told;
  }
}
