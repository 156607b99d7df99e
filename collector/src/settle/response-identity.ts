/**
 * Which response ids tell one response from all others. Providers make them at random; local servers and gateways may
 * write a constant, a counter or a small number (Ollama: `chatcmpl-` and up to 999), and those must not tie together
 * calls that have nothing to do with each other.
 */
import type { Call } from '../normalise/call.ts';
import { hasEqualTokens, hasSameModel, providerFamily } from './same-call.ts';

/** `chatcmpl-`, `msg_`, `resp_`, `gen-`, `req_`: what kind of id it is. */
const KIND = /^[a-z]{1,12}[-_]/i;
const RANDOM_CHARACTERS_MIN = 10;
const DISTINCT_CHARACTERS_MIN = 5;

/** Whether two calls with this id are views of one response, wherever they are seen. */
export function isIdentifying(responseId: string): boolean {
  const random = responseId.replace(KIND, '').replaceAll(/[^0-9a-z]/gi, '');
  return (
    random.length >= RANDOM_CHARACTERS_MIN &&
    new Set(random).size >= DISTINCT_CHARACTERS_MIN &&
    (/\d/.test(random) || (/[a-z]/.test(random) && /[A-Z]/.test(random)))
  );
}

/** The response that a call shows, told apart from all others; undefined when its id does not. */
export function responseName({ provider, responseId }: Call): string | undefined {
  return isIdentifying(responseId) ? `${providerFamily(provider)}\n${responseId}` : undefined;
}

/** What is looked at of a call, to tell whether two are views of one response. */
interface View {
  readonly traceId: string;
  readonly service: string;
  readonly scopeName: string;
  readonly call: Call;
}

/** Calls with a response id, those that are views of one response together. In whatever order they come. */
export function viewsOfOneResponse<Seen extends View>(views: readonly Seen[]): Seen[][] {
  const told = views.filter(({ call }) => call.responseId !== '');
  const byId = Map.groupBy(
    told,
    ({ call }) => `${providerFamily(call.provider)}\n${call.responseId}`,
  );
  return [...byId.values()].flatMap((same) => {
    const isSame = isIdentifying(same[0]!.call.responseId) ? isNoOther : isLikelySame;
    const responses: Seen[][] = [];
    for (const view of same) {
      const own = responses.find((seen) => seen.every((other) => isSame(other, view)));
      if (own === undefined) responses.push([view]);
      else own.push(view);
    }
    return responses;
  });
}

/** One emitter tells one response by one count of tokens: where it tells two, it repeats its ids. */
function isNoOther(a: View, b: View): boolean {
  const isSameEmitter = a.service === b.service && a.scopeName === b.scopeName;
  const areUsed = a.call.usage !== undefined && b.call.usage !== undefined;
  return !isSameEmitter || !areUsed || hasEqualTokens(a.call, b.call);
}

/** An id that does not identify says something only of calls of one trace that agree in all else. */
function isLikelySame(a: View, b: View): boolean {
  return a.traceId === b.traceId && hasSameModel(a.call, b.call) && hasEqualTokens(a.call, b.call);
}
