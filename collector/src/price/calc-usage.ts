/**
 * `prices calc` speaks of usage as providers do: totals that contain their parts. This turns them
 * into the disjoint buckets that are charged. Invariant: a part larger than its whole, a part whose
 * whole is not told, and a key nobody defined are told as such; nothing is clamped or dropped.
 */
import { MEASURED_SCALE, type Usage, type UsageKey } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { ReportedCost } from './price-call.ts';

export type CalcUsage = {
  readonly usage: Usage;
  readonly reported: ReportedCost;
  readonly flatFeeUsd: string | undefined;
};
export type UsageFault = {
  readonly reason: 'unknown_usage' | 'invalid_usage' | 'contradictory_usage' | 'incomplete_usage';
  readonly detail: string;
};

const INPUT_PARTS = [
  'cache_read_tokens',
  'cache_write_tokens',
  'cache_write_5m_tokens',
  'cache_write_1h_tokens',
  'input_audio_tokens',
  'input_image_tokens',
  'input_video_tokens',
  'cache_read_audio_tokens',
  'cache_read_video_tokens',
] as const;
const OUTPUT_PARTS = ['reasoning_tokens', 'output_audio_tokens', 'output_image_tokens'] as const;
const TOKEN_KEYS = [
  'input_tokens',
  ...INPUT_PARTS,
  'output_tokens',
  ...OUTPUT_PARTS,
  'citation_tokens',
  'reasoning_tokens_separate',
] as const;
type TokenKey = (typeof TOKEN_KEYS)[number];

const COUNTED: { readonly [key: string]: UsageKey } = {
  requests: 'requests',
  web_searches: 'web_searches',
  x_searches: 'x_searches',
  file_searches: 'file_searches',
  code_interpreter_sessions: 'code_sessions',
  images: 'images',
  input_characters: 'characters',
  pages: 'pages',
  search_units: 'search_units',
};
const MEASURED: { readonly [key: string]: UsageKey } = {
  audio_seconds: 'audio_seconds',
  session_seconds: 'session_seconds',
  cache_storage_token_hours: 'cache_token_hours',
};
const MONEY = new Set(['flat_fee_usd', 'reported_cost_usd']);
const TOKENS: ReadonlySet<string> = new Set(TOKEN_KEYS);

class Fault extends Error {
  readonly fault: UsageFault;
  constructor(reason: UsageFault['reason'], detail: string) {
    super(detail);
    this.fault = { reason, detail };
  }
}

function plainText(key: string, value: unknown, decimals: number): string {
  const text = typeof value === 'string' ? value.trim() : '';
  const match = /^\d{1,30}(?:\.(\d+))?$/.exec(text);
  const fraction = (match?.[1] ?? '').replace(/0+$/, '');
  if (match === null || fraction.length > decimals) {
    const kind =
      decimals === 0 ? 'a whole number' : `a plain decimal of at most ${decimals} places`;
    const told = typeof value === 'string' ? value : JSON.stringify(value);
    throw new Fault('invalid_usage', `${key} is ${told}, expected ${kind}, 0 or more`);
  }
  return text;
}

function wholeNumber(key: string, value: unknown): bigint {
  return BigInt(plainText(key, value, 0).split('.')[0] ?? '0');
}

function measured(key: string, value: unknown): bigint {
  const [whole = '0', fraction = ''] = plainText(key, value, 9).split('.');
  return BigInt(whole) * MEASURED_SCALE + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}

type Tokens = { readonly [K in TokenKey]?: bigint };

/** `whole` minus its parts; throws where they do not fit or the whole was not told. */
function rest(tokens: Tokens, whole: TokenKey, parts: readonly TokenKey[]): bigint | undefined {
  const told = parts.filter((part) => tokens[part] !== undefined);
  const total = tokens[whole];
  const sum = told.reduce((soFar, part) => soFar + (tokens[part] ?? 0n), 0n);
  if (total === undefined) {
    if (sum === 0n) return undefined;
    throw new Fault('incomplete_usage', `${told.join(' + ')} is told without ${whole}, its whole`);
  }
  if (sum > total) {
    const detail = `${told.join(' + ')} is ${sum}, more than ${whole}, which is ${total} and should contain it`;
    throw new Fault('contradictory_usage', detail);
  }
  return total - sum;
}

function put(usage: Usage, key: UsageKey, value: bigint | undefined): void {
  if (value !== undefined) usage[key] = value;
}

/** A kind's tokens without those of its own that came from the cache. */
function fresh(tokens: Tokens, kind: TokenKey, cached: TokenKey): bigint | undefined {
  if (tokens[kind] === undefined) return undefined;
  return rest(tokens, kind, [cached]);
}

function inputBuckets(tokens: Tokens, usage: Usage): void {
  const writes = ['cache_write_5m_tokens', 'cache_write_1h_tokens'] as const;
  const audio = fresh(tokens, 'input_audio_tokens', 'cache_read_audio_tokens');
  const video = fresh(tokens, 'input_video_tokens', 'cache_read_video_tokens');
  const cachedKinds = ['cache_read_audio_tokens', 'cache_read_video_tokens'] as const;
  const read =
    tokens.cache_read_tokens === undefined
      ? undefined
      : rest(tokens, 'cache_read_tokens', cachedKinds);
  const write =
    tokens.cache_write_tokens === undefined
      ? undefined
      : rest(tokens, 'cache_write_tokens', writes);
  put(usage, 'in_cache_read', read);
  put(usage, 'in_cache_read_audio', tokens.cache_read_audio_tokens);
  put(usage, 'in_cache_read_video', tokens.cache_read_video_tokens);
  put(usage, 'in_cache_write', write);
  put(usage, 'in_cache_write_5m', tokens.cache_write_5m_tokens);
  put(usage, 'in_cache_write_1h', tokens.cache_write_1h_tokens);
  put(usage, 'in_audio', audio);
  put(usage, 'in_image', tokens.input_image_tokens);
  put(usage, 'in_video', video);
  const parts: { [K in TokenKey]?: bigint } = { ...tokens };
  if (read !== undefined) parts.cache_read_tokens = read;
  if (write !== undefined) parts.cache_write_tokens = write;
  if (audio !== undefined) parts.input_audio_tokens = audio;
  if (video !== undefined) parts.input_video_tokens = video;
  put(usage, 'in_uncached', rest(parts, 'input_tokens', INPUT_PARTS));
}

function outputBuckets(tokens: Tokens, usage: Usage): void {
  put(usage, 'out_text', rest(tokens, 'output_tokens', OUTPUT_PARTS));
  const separate = tokens.reasoning_tokens_separate;
  const inside = tokens.reasoning_tokens;
  if (separate !== undefined || inside !== undefined) {
    usage.out_reasoning = (separate ?? 0n) + (inside ?? 0n);
  }
  put(usage, 'out_audio', tokens.output_audio_tokens);
  put(usage, 'out_image', tokens.output_image_tokens);
}

function readUsage(told: { readonly [key: string]: unknown }): CalcUsage {
  const tokens: { [K in TokenKey]?: bigint } = {};
  const usage: Usage = {};
  const money: { [key: string]: string } = {};
  let costTicks: bigint | undefined;
  for (const [key, value] of Object.entries(told)) {
    if (value === null || value === undefined) continue;
    const counted = Object.hasOwn(COUNTED, key) ? COUNTED[key] : undefined;
    const unit = Object.hasOwn(MEASURED, key) ? MEASURED[key] : undefined;
    if (TOKENS.has(key)) tokens[key as TokenKey] = wholeNumber(key, value);
    else if (counted !== undefined) usage[counted] = wholeNumber(key, value);
    else if (unit !== undefined) usage[unit] = measured(key, value);
    else if (MONEY.has(key)) money[key] = plainText(key, value, 18);
    else if (key === 'cost_in_usd_ticks') costTicks = wholeNumber(key, value);
    else throw new Fault('unknown_usage', `usage key "${key}" is not known`);
  }
  inputBuckets(tokens, usage);
  outputBuckets(tokens, usage);
  put(usage, 'in_citation', tokens.citation_tokens);
  const costUsd = money['reported_cost_usd'];
  return {
    usage,
    reported: {
      ...(costUsd === undefined ? {} : { costUsd }),
      ...(costTicks === undefined ? {} : { costTicks }),
    },
    flatFeeUsd: money['flat_fee_usd'],
  };
}

/** Buckets from inclusive totals, or what is wrong with them. Numbers come as their decimal text. */
export function bucketsOf(told: { readonly [key: string]: unknown }): CalcUsage | UsageFault {
  try {
    return readUsage(told);
  } catch (error) {
    if (error instanceof Fault) return error.fault;
    throw error;
  }
}
