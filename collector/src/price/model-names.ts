/**
 * The names under which a told model may stand in the book, most literal first. Only the writing is
 * undone (prefixes, ARNs, date spelling); nothing is shortened until it fits, so that an unknown
 * model stays unknown. An Azure prefix also tells the kind of deployment.
 */
import { repeatsProvider } from './provider-names.ts';

export type NameCandidate = { readonly name: string; readonly deployment?: string };

const AZURE_ZONES: { readonly [prefix: string]: string } = {
  eu: 'data_zone',
  us: 'data_zone',
  global: '',
  'global-standard': '',
};
const COMPACT_DATE = /-(20\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])(?=$|[-:@])/;
const DASHED_DATE = /-(20\d\d)-(0[1-9]|1[0-2])-([0-2]\d|3[01])(?=$|[-:@])/;

function otherDateSpelling(name: string): string {
  return COMPACT_DATE.test(name)
    ? name.replace(COMPACT_DATE, '-$1-$2-$3')
    : name.replace(DASHED_DATE, '-$1$2$3');
}

/** An ARN or a path ends in the model's id; an application inference profile's id is opaque. */
function bedrockNames(name: string): string[] {
  if (name.startsWith('arn:')) {
    const resource = name.slice(name.indexOf('/') + 1);
    return name.includes(':application-inference-profile/') ? [name] : [resource];
  }
  const last = name.slice(name.lastIndexOf('/') + 1);
  return last === name ? [name] : [name, last];
}

function writtenNames(provider: string, name: string): string[] {
  if (provider === 'bedrock') return bedrockNames(name);
  const names = [name];
  const published = /(?:^|\/)(?:publishers\/[^/]+\/)?models\/(.+)$/.exec(name)?.[1];
  if (published !== undefined && provider !== 'fireworks') names.push(published);
  const slash = name.indexOf('/');
  if (slash > 0 && repeatsProvider(name.slice(0, slash), provider)) {
    names.push(...writtenNames(provider, name.slice(slash + 1)));
  }
  if (provider === 'fireworks' && slash < 0) names.push(`accounts/fireworks/models/${name}`);
  if (provider === 'vertex' && slash > 0) names.push(name.slice(slash + 1));
  return names;
}

function azureNames(name: string): NameCandidate[] {
  const told = name.startsWith('azure/') ? name.slice('azure/'.length) : name;
  const slash = told.indexOf('/');
  const zone = slash > 0 ? AZURE_ZONES[told.slice(0, slash)] : undefined;
  if (zone === undefined) return [{ name: told }];
  const rest = told.slice(slash + 1);
  return [zone === '' ? { name: rest } : { name: rest, deployment: zone }];
}

/** Candidates in the order in which they are to be tried. */
export function nameCandidates(provider: string, told: string): NameCandidate[] {
  const name = told.trim().toLowerCase();
  const written: NameCandidate[] =
    provider === 'azure'
      ? azureNames(name)
      : writtenNames(provider, name).map((n) => ({ name: n }));
  const respelled = written
    .map((candidate) => ({ ...candidate, name: otherDateSpelling(candidate.name) }))
    .filter((candidate, i) => candidate.name !== written[i]?.name);
  return [...written, ...respelled];
}
