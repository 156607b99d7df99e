/**
 * What is known about a call besides its usage: how it was served and where. Values are told in
 * many spellings; they are folded here once, and what changes no price anywhere is dropped.
 */
import type { ContextDimension } from './book-schema.ts';

export type CallContext = {
  /** The tier that served the call, from the response where it is told. */
  readonly serviceTier?: string;
  readonly batch?: boolean;
  /** Anthropic's `fast`. */
  readonly speed?: string;
  readonly region?: string;
  readonly inferenceGeo?: string;
  /** Azure's kind of deployment: global, data zone, regional. */
  readonly deployment?: string;
  readonly searchContextSize?: string;
  /** The customer's discount as a share: `0.05` takes 5 % off the cost. */
  readonly tenantDiscount?: string;
};

export type FoldedContext = { readonly [D in ContextDimension]?: string };

const STANDARD_TIERS = new Set(['', 'default', 'standard', 'auto', 'on_demand', 'standard_only']);
const TIER_SPELLINGS: { readonly [told: string]: string } = {
  on_demand_priority: 'priority',
  on_demand_flex: 'flex',
  standard_priority: 'priority',
};

function fold(text: string | undefined): string {
  return (text ?? '').trim().toLowerCase();
}

function foldDeployment(text: string): string {
  const words = text.replace(/[^a-z0-9]/g, '');
  if (words.includes('datazone')) return 'data_zone';
  if (words.startsWith('global')) return '';
  if (words.startsWith('regional')) return 'regional';
  return text;
}

/** The dimensions in one spelling; a value that means "the ordinary" is left out. */
export function foldContext(context: CallContext): FoldedContext {
  const folded: { -readonly [D in ContextDimension]?: string } = {};
  const tier = fold(context.serviceTier).replace(/[- ]/g, '_');
  const spelled = TIER_SPELLINGS[tier] ?? tier;
  if (context.batch === true || spelled === 'batch') folded.batch = 'true';
  if (!STANDARD_TIERS.has(spelled) && spelled !== 'batch') folded.service_tier = spelled;
  const speed = fold(context.speed);
  if (speed !== '' && speed !== 'standard' && speed !== 'normal') folded.speed = speed;
  const region = fold(context.region);
  if (region !== '') folded.region = region;
  const geo = fold(context.inferenceGeo);
  if (geo !== '') folded.inference_geo = geo;
  const deployment = foldDeployment(fold(context.deployment));
  if (deployment !== '') folded.deployment = deployment;
  const size = fold(context.searchContextSize);
  if (size !== '') folded.search_context_size = size;
  return folded;
}

/** The call of which nothing but its usage is known. */
export const NO_CONTEXT: CallContext = {};

/** A short text that is equal for equal contexts: the memo's key. */
export function contextKey(context: CallContext): string {
  if (context === NO_CONTEXT) return '';
  const served = `${context.serviceTier ?? ''}\n${context.batch === true ? 'b' : ''}`;
  const place = `${context.region ?? ''}\n${context.inferenceGeo ?? ''}\n${context.deployment ?? ''}`;
  const rest = `${context.speed ?? ''}\n${context.searchContextSize ?? ''}`;
  return `${served}\n${place}\n${rest}\n${context.tenantDiscount ?? ''}`;
}
