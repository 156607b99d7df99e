/**
 * What happens in a trace. Most have no LLM call: shop traffic behind a front end. Those that have: a chat, an agent
 * with tools that repeats the sum of its calls, retrieval with embeddings, documents in batches without a person, a
 * framework's span around each call of the provider's SDK, an editor's assistant.
 */
import type { Ranked } from './chance.ts';
import {
  drawCall,
  type LlmCall,
  type Whom,
  writeCall,
  writeFrameworkView,
} from './llm-attributes.ts';
import { fromFrontEnd, looked, type Moment, queried, served, step } from './plain-spans.ts';
import { shopping } from './shop-story.ts';
import type { Attributes, Value } from './span.ts';
import { KIND, type Story } from './story.ts';
import type { Texts } from './texts.ts';
import { EMBEDDING, type Feature, type People, SCOPES } from './world.ts';

/** What stories draw from. */
export interface World {
  readonly features: ReadonlyMap<string, Ranked<Feature>>;
  readonly people: People;
  /** Undefined: nobody records content, as is the default of instrumentations. */
  readonly texts: Texts | undefined;
}

type Tell = (story: Story, world: World) => void;

const MS_PER_S = 1000;
const FAILURES = [
  { type: '429', message: 'Rate limit reached, retry after 1 s' },
  { type: '529', message: 'Overloaded' },
  { type: 'APITimeoutError', message: 'Request timed out.' },
];
const FAILURE_CHANCE = 0.02;

/** One chat call; the caller says for which service. */
function chat(story: Story, world: World, service: string, at: Moment & { whom?: Whom }): number {
  const { chance } = story;
  const call = drawCall(chance, chance.ranked(world.features.get(service)!), at.whom);
  return spanOfCall(story, { service, call, at, texts: world.texts });
}

function spanOfCall(
  story: Story,
  {
    service,
    call,
    at,
    texts,
  }: { service: string; call: LlmCall; at: Moment; texts: Texts | undefined },
): number {
  const { chance } = story;
  const { scope, name, attributes } = writeCall(chance, call, texts);
  const about = { service, scope, name, kind: KIND.client, isLlm: true };
  if (chance.happens(FAILURE_CHANCE)) {
    const { type, message } = chance.pick(FAILURES);
    const told = attributes.filter(([key]) => !/usage|token|response|completion/.test(key));
    const failed: Attributes = [...told, ['error.type', type]];
    const ownMs = chance.around(200, 0.8);
    return story.span({ ...about, attributes: failed, failure: message }, { ...at, ownMs });
  }
  const writingS = call.usage.output / call.model.tokensPerS;
  const ownMs = (call.firstChunkS + writingS) * MS_PER_S * chance.around(1, 0.2);
  return story.span({ ...about, attributes }, { ...at, ownMs });
}

function embed(story: Story, service: string, at: Moment): number {
  const { chance } = story;
  const attributes: Attributes = [
    ['gen_ai.operation.name', 'embeddings'],
    ['gen_ai.provider.name', EMBEDDING.provider],
    ['gen_ai.request.model', EMBEDDING.asked],
    ['gen_ai.response.model', EMBEDDING.answered],
    ['gen_ai.embeddings.dimension.count', 1536],
    ['gen_ai.usage.input_tokens', chance.wholeAround(60, 1)],
    ['server.address', EMBEDDING.host],
    ['server.port', 443],
    ['aicost.feature', 'index'],
  ];
  return story.span(
    {
      ...{ service, scope: SCOPES.openai, name: `embeddings ${EMBEDDING.asked}` },
      ...{ kind: KIND.client, attributes, isLlm: true },
    },
    { ...at, ownMs: chance.around(90, 0.5) },
  );
}

function vectors(story: Story, service: string, at: Moment): number {
  const { chance } = story;
  const attributes: Attributes = [
    ['db.system.name', 'qdrant'],
    ['db.operation.name', 'search'],
    ['db.collection.name', 'passages'],
    ['db.vector.query.top_k', chance.pick([5, 10, 20])],
    ['server.address', 'qdrant.acme.svc'],
    ['server.port', 6334],
  ];
  return story.span(
    { service, scope: SCOPES.app, name: 'search passages', kind: KIND.client, attributes },
    { ...at, ownMs: chance.around(14, 0.6) },
  );
}

function tool(story: Story, service: string, at: Moment, name: string): number {
  const { chance } = story;
  const attributes: Attributes = [
    ['gen_ai.operation.name', 'execute_tool'],
    ['gen_ai.tool.name', name],
    ['gen_ai.tool.type', 'function'],
    ['gen_ai.tool.call.id', { unique: `call_${chance.letters(24)}` }],
  ];
  return story.span(
    { service, scope: SCOPES.genai, name: `execute_tool ${name}`, kind: KIND.internal, attributes },
    { ...at, ownMs: chance.around(20, 0.9) },
    (own, then) => queried(story, service, { parent: own, atMs: then }),
  );
}

const chatting: Tell = (story, world) => {
  const whom = world.people.next(story.chance);
  const service = 'chat-api';
  fromFrontEnd(story, { service, route: '/v1/conversations/{id}/messages' }, (own, atMs) => {
    const loaded = queried(story, service, { parent: own, atMs });
    const limited = looked(story, service, { parent: own, atMs: loaded });
    let now = chat(story, world, service, { parent: own, atMs: limited, whom });
    if (story.chance.happens(0.25))
      now = chat(story, world, service, { parent: own, atMs: now, whom });
    return queried(story, service, { parent: own, atMs: now });
  });
};

const TOOLS = ['lookup_order', 'search_faq', 'refund', 'create_ticket', 'check_inventory'];

const agent: Tell = (story, world) => {
  const { chance } = story;
  const whom = world.people.next(chance);
  const service = 'support-agent';
  fromFrontEnd(story, { service, route: '/tickets/{id}/run' }, (own, atMs) => {
    const feature = chance.ranked(world.features.get(service)!);
    const calls = Array.from({ length: chance.whole(1, 5) }, () => drawCall(chance, feature, whom));
    const sum = (of: (call: LlmCall) => number) => calls.reduce((all, call) => all + of(call), 0);
    const attributes: [string, Value][] = [
      ['gen_ai.operation.name', 'invoke_agent'],
      ['gen_ai.provider.name', calls[0]!.model.provider],
      ['gen_ai.agent.name', feature.agent || feature.name],
      ['gen_ai.agent.id', `asst_${feature.name}`],
      ['gen_ai.request.model', calls[0]!.model.asked],
      ['gen_ai.usage.input_tokens', sum(({ usage }) => usage.input)],
      ['gen_ai.usage.output_tokens', sum(({ usage }) => usage.output)],
      ['user.id', whom.user],
      ['gen_ai.conversation.id', whom.session],
    ];
    const about = { service, scope: SCOPES.genai, name: `invoke_agent ${feature.name}` };
    return story.span(
      { ...about, kind: KIND.internal, attributes, isLlm: true },
      { parent: own, atMs, ownMs: 4 },
      (self, then) => {
        let now = then;
        for (const call of calls) {
          const at = { parent: self, atMs: now };
          now = spanOfCall(story, { service, call, at, texts: world.texts });
          now = tool(story, service, { parent: self, atMs: now }, chance.pick(TOOLS));
        }
        return now;
      },
    );
  });
};

const retrieval: Tell = (story, world) => {
  const whom = world.people.next(story.chance);
  const service = 'search-api';
  fromFrontEnd(story, { service, route: '/answers' }, (own, atMs) => {
    const embedded = embed(story, service, { parent: own, atMs });
    const found = vectors(story, service, { parent: own, atMs: embedded });
    const read = queried(story, service, { parent: own, atMs: found });
    const name = 'retrieve';
    const ranked = step(story, { service, name, ownMs: 3 }, { parent: own, atMs: read });
    return chat(story, world, service, { parent: own, atMs: ranked, whom });
  });
};

const framework: Tell = (story, world) => {
  const { chance } = story;
  const whom = world.people.next(chance);
  const service = 'search-api';
  fromFrontEnd(story, { service, route: '/assist' }, (own, atMs) => {
    const call = drawCall(chance, chance.ranked(world.features.get(service)!), whom);
    const view = writeFrameworkView(chance, call);
    const about = { service, ...view, kind: KIND.internal, isLlm: true };
    return story.span(about, { parent: own, atMs, ownMs: 3 }, (self, then) =>
      spanOfCall(story, { service, call, at: { parent: self, atMs: then }, texts: world.texts }),
    );
  });
};

const documents: Tell = (story, world) => {
  const { chance } = story;
  const service = 'doc-pipeline';
  const more: Attributes = [['acme.batch.id', chance.uuid()]];
  step(
    story,
    { service, name: 'process_batch', ownMs: 5, more },
    { parent: undefined, atMs: 0 },
    (own, atMs) => {
      let now = queried(story, service, { parent: own, atMs });
      for (let left = chance.whole(1, 4); left > 0; left--) {
        const at = { parent: own, atMs: now };
        const checked = queried(story, service, at);
        now = chat(story, world, service, { parent: own, atMs: checked });
        now = queried(story, service, { parent: own, atMs: now });
      }
      return now;
    },
  );
};

const editor: Tell = (story, world) => {
  const whom = world.people.next(story.chance);
  const service = 'code-assistant';
  const call = { service, method: 'POST', route: '/v1/complete', ownMs: 3 };
  served(story, call, { parent: undefined, atMs: 0 }, (own, atMs) => {
    const known = looked(story, service, { parent: own, atMs });
    return chat(story, world, service, { parent: own, atMs: known, whom });
  });
};

const LLM_STORIES: readonly (readonly [Tell, number])[] = [
  [chatting, 36],
  [retrieval, 18],
  [agent, 16],
  [editor, 16],
  [documents, 10],
  [framework, 4],
];
/** So that about a sixth of all spans are LLM spans. */
const LLM_TRACES_SHARE = 0.62;

export function tellMixed(story: Story, world: World): void {
  const isShop = !story.chance.happens(LLM_TRACES_SHARE);
  (isShop ? shopping : story.chance.weighted(LLM_STORIES))(story, world);
}

/** One to four calls under a parent that is never sent, as from an application that instruments nothing else. */
export function tellCallsOnly(story: Story, world: World): void {
  const { chance } = story;
  const service = chance.pick(['chat-api', 'support-agent', 'search-api', 'doc-pipeline']);
  const whom = world.people.next(chance);
  const parent = chance.bytes(8);
  let now = 0;
  for (let left = chance.whole(1, 4); left > 0; left--) {
    now = chat(story, world, service, { parent, atMs: now, whom });
  }
}
