/**
 * `node --import @ai-cost-profiler/node/register app.js`: every LLM call of the application becomes a span with
 * complete usage, sent where the `OTEL_*` variables say. What fails here is said, and the application starts as ever.
 */
import { sayOnce } from './notices.ts';
import { start } from './start.ts';

try {
  start();
} catch (error) {
  sayOnce('AICOST_NOT_STARTED', `LLM calls are not watched, for this failed: ${String(error)}`);
}
