/** The dialects, in the order in which they are asked. More specific ones stand before more general ones. */
import type { DialectDefinition } from './dialect.ts';
import { openInference } from './dialects/openinference.ts';
import { openLit } from './dialects/openlit.ts';
import { openLlmetry } from './dialects/openllmetry.ts';
import { otelGenAi } from './dialects/otel-genai.ts';
import { vercelAi } from './dialects/vercel-ai.ts';

export const DIALECTS: readonly DialectDefinition[] = [
  vercelAi,
  openLit,
  openInference,
  openLlmetry,
  otelGenAi,
];

/**
 * Version of everything that decides usage, roles and attribution; stored with each entry. Raise it with any change
 * to this folder that can change what a span costs.
 */
export const RULES_VERSION = '2';
