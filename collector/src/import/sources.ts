/** Every source of a history there is. */
import type { ImportSource } from './source.ts';
import { aicost } from './sources/aicost.ts';
import { helicone } from './sources/helicone.ts';
import { langfuse } from './sources/langfuse.ts';
import { langsmith } from './sources/langsmith.ts';
import { litellm } from './sources/litellm.ts';
import { openaiCosts } from './sources/openai-costs.ts';
import { openaiUsage } from './sources/openai-usage.ts';

/** The neutral one first. */
export const SOURCES: readonly ImportSource[] = [
  aicost,
  helicone,
  langfuse,
  langsmith,
  litellm,
  openaiCosts,
  openaiUsage,
];

export const SOURCE_NAMES: readonly string[] = SOURCES.map(({ name }) => name);

export const sourceNamed = (name: string): ImportSource | undefined =>
  SOURCES.find((source) => source.name === name);
