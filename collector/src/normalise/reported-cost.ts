/**
 * A cost that an emitter wrote beside the tokens, where it can be believed. Known lies: 0 beside tokens (no price was
 * known), and a token count in a cost's place (OpenInference's LiteLLM instrumentor:
 * github.com/Arize-ai/openinference).
 */
import type { KeyId } from './attribute-keys.ts';
import type { AttributeReader } from './attribute-reader.ts';
import type { RawUsage } from './usage/raw-usage.ts';

/** Plain decimal USD of the first of `keys` that is told and believed. */
export function readReportedUsd(
  attributes: AttributeReader,
  keys: readonly KeyId[],
  usage: RawUsage,
): string | undefined {
  for (const key of keys) {
    const usd = believedUsd(attributes.usd(key), usage);
    if (usd !== undefined) {
      return usd;
    }
  }
  return undefined;
}

/** The amount, where it is told and can be true beside these tokens. */
export function believedUsd(usd: string | undefined, usage: RawUsage): string | undefined {
  return usd !== undefined && isBelievable(usd, usage) ? usd : undefined;
}

function isBelievable(usd: string, { units: _, ...counts }: RawUsage): boolean {
  const tokens = Object.values(counts).filter((count) => count !== undefined && count > 0n);
  return usd === '0' ? tokens.length === 0 : !tokens.some((count) => String(count) === usd);
}
