/** Sessions of Claude Code, which tells its calls by log events, by spans, or by both. */
import { SpanKind } from '@opentelemetry/api';
import type { Scene } from './scene.ts';
import { VARIANTS } from './scene-spans.ts';

const CLAUDE = { service: 'claude-code', provider: 'anthropic', model: 'claude-sonnet-4-5' };

/** An event tells no provider, as Claude Code may be served by several: its own cost is what is billed. */
function logEvent(scene: Scene, role: 'leaf' | 'mirror', atMs: number, n: number): void {
  const session = `log-${scene.label}`;
  const { usage } = claudeUsage(n);
  scene.log({
    session,
    service: CLAUDE.service,
    atMs,
    attributes: {
      'event.name': 'api_request',
      'event.sequence': atMs,
      model: CLAUDE.model,
      ...claudeCounts(n),
      cost_usd: `0.00${6_000 + n}`,
    },
    bill: {
      role,
      provider: '',
      model: CLAUDE.model,
      usage,
      reportedAtto: BigInt(6_000 + n) * 1_000_000_000_000n,
      whom: { session },
    },
  });
}

function claudeCounts(n: number) {
  return {
    input_tokens: 1_000 + n,
    output_tokens: 200,
    cache_read_tokens: 400,
    cache_creation_tokens: 0,
  };
}

function claudeUsage(n: number) {
  const usage = {
    in_uncached: BigInt(1_000 + n),
    in_cache_read: 400n,
    in_cache_write: 0n,
    out_text: 200n,
  };
  return { provider: CLAUDE.provider, model: CLAUDE.model, usage };
}

/** A session that tells its calls by log events alone. */
export function sessionOfLogs(scene: Scene): void {
  for (let i = 0; i < scene.random.between(1, 3); i++) {
    logEvent(scene, 'leaf', 5_000 * i, scene.random.below(VARIANTS));
  }
}

/** A session that tells its call twice: the log event is billed only until the span comes. */
export function sessionOfLogsAndSpans(scene: Scene): void {
  const n = scene.random.below(VARIANTS);
  const session = `log-${scene.label}`;
  logEvent(scene, 'mirror', 5_000, n);
  scene.span({
    name: 'claude_code.llm_request',
    role: 'leaf',
    kind: SpanKind.INTERNAL,
    service: CLAUDE.service,
    fromMs: 4_000,
    untilMs: 5_000,
    attributes: {
      'span.type': 'llm_request',
      'session.id': session,
      'gen_ai.system': 'anthropic',
      model: CLAUDE.model,
      ...claudeCounts(n),
    },
    bill: { role: 'leaf', ...claudeUsage(n), whom: { session } },
  });
}
