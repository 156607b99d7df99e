/** The dialects, in the order in which they are asked. More specific ones stand before more general ones. */
import type { DialectDefinition } from './dialect.ts';
import { agentO11y } from './dialects/agento11y.ts';
import { agentOps } from './dialects/agentops.ts';
import { aicost } from './dialects/aicost.ts';
import { anthropicSdk } from './dialects/anthropic-sdk.ts';
import { claudeCode } from './dialects/claude-code.ts';
import { codex } from './dialects/codex.ts';
import { dify } from './dialects/dify.ts';
import { geminiCli } from './dialects/gemini-cli.ts';
import { genkit } from './dialects/genkit.ts';
import { googleAdk } from './dialects/google-adk.ts';
import { laminar } from './dialects/laminar.ts';
import { langChain4j } from './dialects/langchain4j.ts';
import { langfuse } from './dialects/langfuse.ts';
import { langSmith } from './dialects/langsmith.ts';
import { litellm } from './dialects/litellm.ts';
import { liveKit } from './dialects/livekit.ts';
import { microsoft } from './dialects/microsoft.ts';
import { mlflow } from './dialects/mlflow.ts';
import { openInference } from './dialects/openinference.ts';
import { openLit } from './dialects/openlit.ts';
import { openLlmetry } from './dialects/openllmetry.ts';
import { openRouter } from './dialects/openrouter.ts';
import { otelGenAi } from './dialects/otel-genai.ts';
import { pydanticAi } from './dialects/pydantic-ai.ts';
import { sentry } from './dialects/sentry.ts';
import { springAi } from './dialects/spring-ai.ts';
import { strands } from './dialects/strands.ts';
import { vercelAi } from './dialects/vercel-ai.ts';

export const DIALECTS: readonly DialectDefinition[] = [
  aicost,
  claudeCode,
  anthropicSdk,
  codex,
  geminiCli,
  openRouter,
  googleAdk,
  genkit,
  strands,
  microsoft,
  springAi,
  langChain4j,
  agentO11y,
  pydanticAi,
  liveKit,
  dify,
  mlflow,
  litellm,
  vercelAi,
  langfuse,
  langSmith,
  laminar,
  agentOps,
  sentry,
  openLit,
  openInference,
  openLlmetry,
  otelGenAi,
];

/**
 * Version of everything that decides usage, roles and attribution; stored with each entry. Raise it with any change
 * to this folder that can change what a span costs.
 */
export const RULES_VERSION = '12';
