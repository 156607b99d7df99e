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

/** The other views of each billed call, in the order of the tree. */
export type MirrorsOf = ReadonlyMap<SettleSpan, readonly SettleSpan[]>;

/** Looked up once for a group: it may be a session of thousands of calls, each told twice. */
export function mirrorsOf({ tree, winnerOf }: Told): MirrorsOf {
  const found = new Map<SettleSpan, SettleSpan[]>();
  if (winnerOf.size === 0) return found;
  for (const span of tree.spans) {
    const winner = winnerOf.get(spanKey(span));
    if (winner === undefined) continue;
    const mirrors = found.get(winner);
    if (mirrors === undefined) found.set(winner, [span]);
    else mirrors.push(span);
  }
  return found;
}

interface Told extends Pick<Resolution, 'winnerOf'> {
  readonly tree: Pick<SpanTree, 'spans'>;
}

export function inheritAttribution(
  span: SettleSpan,
  tree: Pick<SpanTree, 'ancestorsOf'>,
  views: MirrorsOf,
): Attribution {
  const mirrors = views.get(span) ?? [];
  const ancestors = tree.ancestorsOf(span);
  const others = [...ancestors, ...mirrors, ...mirrors.flatMap((m) => tree.ancestorsOf(m))];
  return inheritedBy(
    span.attribution,
    others.map(({ attribution }) => attribution),
  );
}

/** What one attribution says, and the first of the others that says what it does not. */
export function inheritedBy(own: Attribution, others: readonly Attribution[]): Attribution {
  const sources = [own, ...others];
  const result: Attribution = { ...own };
  for (const name of INHERITED) {
    const source = sources.find((attribution) => attribution[name] !== '');
    if (source !== undefined) {
      result[name] = source[name];
      if (name === 'prompt') {
        result.promptVersion = source.promptVersion;
      }
    }
  }
  result.tags = mergeTags(sources);
  return result;
}

/** Of a tag that several spans set, the nearest counts. In the order of the keys, so that equal sets are equal. */
function mergeTags(sources: readonly Attribution[]): Attribution['tags'] {
  if (sources.every(({ tags }) => tags.length === 0)) {
    return [];
  }
  const merged = new Map<string, string>();
  for (const { tags } of sources) {
    for (const [key, value] of tags) {
      if (!merged.has(key)) {
        merged.set(key, value);
      }
    }
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1));
}
