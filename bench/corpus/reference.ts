/**
 * The reference payload of the speed promises: 512 spans of one process, about 20 attributes and 850 bytes each,
 * values from the corpus, other ids in every request.
 *
 *   const next = referenceRequests('calls', 1);   // a function that gives CorpusRequests for ever
 *   'calls': every span an LLM span with usage · 'tenth': one in ten, the others HTTP, database and cache spans
 *   'content': as 'calls', with the messages in the attributes
 */
import { Chance } from './chance.ts';
import { CORPUS_START_MS } from './corpus.ts';
import { drawCall, type Whom, writeCall } from './llm-attributes.ts';
import { looked, queried, served } from './plain-spans.ts';
import { type CorpusRequest, RequestMaker } from './request.ts';
import type { Instance } from './span.ts';
import { KIND, Story } from './story.ts';
import { Texts } from './texts.ts';
import { type Feature, makeFeatures, makeInstances, People, SCOPES } from './world.ts';

export type ReferenceVariant = 'calls' | 'tenth' | 'content';

const SPANS = 512;
const SERVICE = 'chat-api';
const MS_BETWEEN = 7;
const NS_PER_MS = 1_000_000n;
/** So that a span has its 20 attributes and 850 bytes. */
const LEFT_OUT = new Set([
  ...['aicost.tag.team', 'gen_ai.prompt.version', 'gen_ai.response.time_to_first_chunk'],
]);
const TENTH = 10;

export function referenceRequests(variant: ReferenceVariant, seed: number): () => CorpusRequest {
  const own = new Chance(0x5eed);
  const instances = new Map([[SERVICE, sameInstance(makeInstances(own).get(SERVICE)!)]]);
  const features = makeFeatures(own).get(SERVICE)!;
  const people = new People(own);
  const texts = variant === 'content' ? new Texts(own) : undefined;
  const chance = new Chance(seed);
  const maker = new RequestMaker();
  let traces = 0;
  const begin = () => {
    const startNs = BigInt(CORPUS_START_MS + traces++ * MS_BETWEEN) * NS_PER_MS;
    return new Story(chance, startNs, instances);
  };
  const tell = (story: Story) => {
    const feature = chance.ranked(features);
    const whom = people.next(chance);
    if (variant === 'tenth') tellTenth(story, feature, whom);
    else tellCall(story, { feature, whom, texts, at: { parent: chance.bytes(8), atMs: 0 } });
  };
  return () => {
    const spans = [];
    while (spans.length < SPANS) {
      const story = begin();
      tell(story);
      spans.push(...story.spans);
    }
    return maker.make(spans.slice(0, SPANS));
  };
}

/** One process sends a request: every trace of it is of the same copy of the service. */
function sameInstance(instances: readonly Instance[]): readonly Instance[] {
  return instances.map(() => instances[0]!);
}

/** One call that did not fail, so that each has its usage. */
function tellCall(
  story: Story,
  of: {
    feature: Feature;
    whom: Whom;
    texts: Texts | undefined;
    at: { parent: Uint8Array; atMs: number };
  },
): number {
  const call = drawCall(story.chance, of.feature, of.whom);
  const { name, attributes } = writeCall(story.chance, call, of.texts);
  const about = { service: SERVICE, scope: SCOPES.openai, kind: KIND.client, isLlm: true };
  const told = attributes.filter(([key]) => !LEFT_OUT.has(key));
  const ownMs = (call.usage.output / call.model.tokensPerS) * 1000;
  return story.span({ ...about, name, attributes: told }, { ...of.at, ownMs });
}

/** A request served with one call in it and nine other spans. */
function tellTenth(story: Story, feature: Feature, whom: Whom): void {
  const route = '/v1/conversations/{id}/messages';
  const call = { service: SERVICE, method: 'POST', route, ownMs: 8 };
  served(story, call, { parent: undefined, atMs: 0 }, (own, atMs) => {
    let now = atMs;
    for (let left = TENTH - 2; left > 0; left--) {
      const at = { parent: own, atMs: now };
      now = left % 2 === 0 ? queried(story, SERVICE, at) : looked(story, SERVICE, at);
    }
    return tellCall(story, { feature, whom, texts: undefined, at: { parent: own, atMs: now } });
  });
}
