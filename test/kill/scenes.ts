/**
 * The scenes: each a trap of the duplication catalogue (research on dialects §4) that only settle can resolve, with
 * roles, quantities and attribution written down by hand.
 */
import { SpanKind } from '@opentelemetry/api';
import type { Scene, SpanTold } from './scene.ts';
import { sessionOfLogs, sessionOfLogsAndSpans } from './scene-sessions.ts';
import { agent, chat, chatTold, drawCall, plain, request, tool, VARIANTS } from './scene-spans.ts';

const NEXT_DAY_MS = 86_400_000;

export const SCENES: readonly ((scene: Scene) => void)[] = [
  agentWithCalls,
  agentAlone,
  nestedAgents,
  clientAndGateway,
  frameworkAndSdk,
  twins,
  newerVersion,
  sumOfCalls,
  sessionOfLogs,
  sessionOfLogsAndSpans,
];

/** The agent repeats what its calls used; they inherit whom it is for. */
function agentWithCalls(scene: Scene): void {
  const whom = { user: 'ann', session: `s-${scene.label}`, feature: 'search', team: 'blue' };
  const root = request(scene, whom);
  const place = { parent: root, fromMs: 10, untilMs: 50_000 };
  const planner = agent(scene, place, {
    name: 'planner',
    input: 9_000,
    output: 800,
    role: 'aggregate',
    whom,
  });
  const inherited = { ...whom, agent: 'planner' };
  for (let i = 0; i < scene.random.between(1, 3); i++) {
    const fromMs = 1_000 * (i + 1);
    chat(
      scene,
      drawCall(scene),
      { parent: planner, fromMs, untilMs: fromMs + 700 },
      { whom: inherited },
    );
  }
  tool(scene, { parent: planner, fromMs: 9_000, untilMs: 9_500 });
}

/** Nobody reports the calls below this agent. */
function agentAlone(scene: Scene): void {
  const whom = { user: 'bob', feature: 'report' };
  const root = request(scene, whom);
  const input = 500 + scene.random.below(VARIANTS);
  const told = { name: 'writer', input, output: 60, role: 'agent_only' as const, whom };
  const writer = agent(scene, { parent: root, fromMs: 10, untilMs: 50_000 }, told);
  tool(scene, { parent: writer, fromMs: 20, untilMs: 40 });
}

/** Of two agents that report the same, the lower stands for the calls that nobody reports. */
function nestedAgents(scene: Scene): void {
  const told = { input: 700 + scene.random.below(VARIANTS), output: 90, whom: {} };
  const place = { fromMs: 0, untilMs: 9_000 };
  const outer = agent(scene, place, { ...told, name: 'crew', role: 'aggregate' });
  const inner = { parent: outer, fromMs: 10, untilMs: 8_000 };
  agent(scene, inner, { ...told, name: 'worker', role: 'agent_only' });
}

/** A client and a gateway in another trace, which knows the user, show one response. */
function clientAndGateway(scene: Scene): void {
  const responseId = `resp_${scene.label}`;
  const seen = drawCall(scene);
  const whom = { feature: 'chat', user: 'carol', team: 'red' };
  const root = request(scene, { feature: 'chat' });
  const client = { parent: root, fromMs: 100, untilMs: 4_000 };
  chat(scene, seen, client, { responseId, whom });
  const entry = request(scene, { user: 'carol', team: 'red' }, { trace: 1, service: 'gateway' });
  const gateway = { parent: entry, trace: 1, service: 'gateway', kind: SpanKind.SERVER } as const;
  const mirrored = { responseId, role: 'mirror' as const, whom: { user: 'carol', team: 'red' } };
  chat(scene, seen, { ...gateway, fromMs: 200, untilMs: 3_900 }, mirrored);
}

/** A framework and the SDK below it show one call; the inner one is billed. */
function frameworkAndSdk(scene: Scene): void {
  const seen = drawCall(scene);
  const whom = { user: 'dan' };
  const root = request(scene, whom);
  const place = { parent: root, fromMs: 100, untilMs: 5_000 };
  const outer = chat(scene, seen, place, { role: 'mirror', whom });
  const responseId = `resp_${scene.label}`;
  chat(scene, seen, { parent: outer, fromMs: 200, untilMs: 4_900 }, { responseId, whom });
}

/** One span exported twice under two ids: the first is billed. */
function twins(scene: Scene): void {
  const seen = drawCall(scene);
  const whom = { feature: 'twice' };
  const place = { parent: request(scene, whom), fromMs: 300, untilMs: 600 };
  chat(scene, seen, place, { whom });
  chat(scene, seen, place, { role: 'mirror', whom });
}

/** A span that comes again with other bytes, now and then with another start, on another day. */
function newerVersion(scene: Scene): void {
  const [older, newer] = [drawCall(scene), drawCall(scene)];
  const laterMs = scene.random.chance(0.3) ? NEXT_DAY_MS : 0;
  const place = { fromMs: 100, untilMs: 600 };
  const last = { fromMs: 100 + laterMs, untilMs: 700 + laterMs };
  const whom = { agent: 'streamer' };
  const told = chatTold(newer, { whom });
  const named = (attributes: SpanTold['attributes']) => ({
    ...attributes,
    'gen_ai.agent.name': 'streamer',
  });
  const before = chatTold(older, { whom });
  // The bill is that of the newest version, from the start.
  const first = scene.span({
    ...before,
    attributes: named(before.attributes),
    ...place,
    ...(told.bill && { bill: told.bill, billFromMs: last.fromMs }),
  });
  scene.newer(first, { ...told, attributes: named(told.attributes), ...last });
}

/** A span that looks like a call and reports the sum of those below it. */
function sumOfCalls(scene: Scene): void {
  const [a, b] = [1_000 + scene.random.below(VARIANTS), 3_000 + scene.random.below(VARIANTS)];
  const whom = { user: 'eve' };
  const wrapper = chat(
    scene,
    plain(a + b, 70 + 90),
    { parent: request(scene, whom), fromMs: 10, untilMs: 9_000 },
    {
      role: 'aggregate',
      whom,
    },
  );
  chat(scene, plain(a, 70), { parent: wrapper, fromMs: 100, untilMs: 900 }, { whom });
  chat(scene, plain(b, 90), { parent: wrapper, fromMs: 1_000, untilMs: 1_900 }, { whom });
}
