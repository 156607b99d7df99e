/**
 * Whom a call was for, where its own span does not tell: the nearest ancestor that does, then the other views of the
 * same call, then the root of the trace. A call keeps what it tells itself.
 */
import type { Attribution } from '../normalise/call.ts';
import type { Resolution } from './resolution.ts';
import { type SettleSpan, spanKey } from './settle-span.ts';
import type { SpanTree } from './span-tree.ts';

type TextName = keyof Omit<Attribution, 'tags' | 'tool' | 'promptVersion'>;
const INHERITED: readonly TextName[] = ['user', 'session', 'feature', 'agent', 'prompt'];

interface Told extends Pick<Resolution, 'winnerOf'> {
  readonly tree: Pick<SpanTree, 'spans' | 'ancestorsOf'>;
}

export function inheritAttribution(span: SettleSpan, { tree, winnerOf }: Told): Attribution {
  const mirrors =
    winnerOf.size === 0 ? [] : tree.spans.filter((other) => winnerOf.get(spanKey(other)) === span);
  const ancestors = tree.ancestorsOf(span);
  const sources = [span, ...ancestors, ...mirrors, ...mirrors.flatMap((m) => tree.ancestorsOf(m))];
  const result: Attribution = { ...span.attribution };
  for (const name of INHERITED) {
    const source = sources.find(({ attribution }) => attribution[name] !== '');
    if (source !== undefined) {
      result[name] = source.attribution[name];
      if (name === 'prompt') {
        result.promptVersion = source.attribution.promptVersion;
      }
    }
  }
  result.tags = mergeTags(sources);
  return result;
}

/** Of a tag that several spans set, the nearest counts. In the order of the keys, so that equal sets are equal. */
function mergeTags(sources: readonly SettleSpan[]): Attribution['tags'] {
  if (sources.every(({ attribution }) => attribution.tags.length === 0)) {
    return [];
  }
  const tags = new Map<string, string>();
  for (const { attribution } of sources) {
    for (const [key, value] of attribution.tags) {
      if (!tags.has(key)) {
        tags.set(key, value);
      }
    }
  }
  return [...tags].sort(([a], [b]) => (a < b ? -1 : 1));
}
