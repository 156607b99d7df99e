/**
 * `prices calc` on one line: a call as JSON in, its cost with charge lines or the reason why it has
 * none as JSON out. Pure: the book and the time are given; other fields are echoed untouched.
 */
import { formatDecimal, formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { MEASURED_UNITS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { bucketsOf } from './calc-usage.ts';
import type { CallContext } from './call-context.ts';
import type { PriceBook } from './price-book.ts';
import { type ChargeLine, type CostRange, type PriceResult, priceCall } from './price-call.ts';

/** A line that is not a JSON object: the whole input is in doubt. */
export class UnreadableLineError extends Error {
  override readonly name = 'UnreadableLineError';
}

type Fields = { readonly [key: string]: unknown };
/** A number as it was written; `JSON.rawJSON` echoes it without loss. */
type WrittenNumber = { readonly rawJSON: string };
type SourceReviver = (key: string, value: unknown, context: { source: string }) => unknown;
const json = JSON as unknown as {
  parse(text: string, reviver: SourceReviver): unknown;
  rawJSON(text: string): WrittenNumber;
  isRawJSON(value: unknown): value is WrittenNumber;
};

const CONTEXT_KEYS: { readonly [key: string]: keyof CallContext | undefined } = {
  service_tier: 'serviceTier',
  speed: 'speed',
  region: 'region',
  inference_geo: 'inferenceGeo',
  deployment: 'deployment',
  search_context_size: 'searchContextSize',
  tenant_discount: 'tenantDiscount',
};
const MEASURED: ReadonlySet<string> = new Set(MEASURED_UNITS);
const INSTANT = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|z|[+-]\d\d:\d\d)$/;

function isFields(value: unknown): value is Fields {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !json.isRawJSON(value)
  );
}

/** A number's own digits; an exponent is spelled out where the number is whole and small. */
function textOf(value: unknown): unknown {
  if (!json.isRawJSON(value)) return value;
  const number = Number(value.rawJSON);
  return /[eE]/.test(value.rawJSON) && Number.isSafeInteger(number) ? `${number}` : value.rawJSON;
}

/** Nanoseconds since 1970 of an RFC 3339 instant; undefined for anything else. */
export function parseInstantNs(text: unknown): bigint | undefined {
  const match = typeof text === 'string' ? INSTANT.exec(text) : null;
  if (match === null) return undefined;
  const [, day, time, fraction = '', zone = 'Z'] = match;
  const ms = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  // Date.parse rolls 30 February over into March.
  const rolled = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(ms) || !rolled.toISOString().startsWith(`${day}T`)) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

type Refusal = { readonly reason: string; readonly detail: string };

function readContext(told: unknown): CallContext | Refusal {
  if (told === undefined || told === null) return {};
  if (!isFields(told)) return { reason: 'invalid_context', detail: 'context is not an object' };
  const context: { [key: string]: unknown } = {};
  for (const [key, raw] of Object.entries(told)) {
    if (raw === null || key === 'tools_declared') continue;
    const value = textOf(raw);
    const name = Object.hasOwn(CONTEXT_KEYS, key) ? CONTEXT_KEYS[key] : undefined;
    if (key === 'batch' && (typeof value === 'boolean' || value === 'true' || value === 'false')) {
      context['batch'] = value === true || value === 'true';
    } else if (name !== undefined && typeof value === 'string') context[name] = value;
    else if (name === undefined && key !== 'batch') {
      return { reason: 'unknown_context', detail: `context key "${key}" is not known` };
    } else {
      const told = JSON.stringify(raw);
      return { reason: 'invalid_context', detail: `context ${key} is ${told}, expected a text` };
    }
  }
  return context as CallContext;
}

function price(book: PriceBook, fields: Fields, nowNs: bigint): PriceResult | Refusal {
  const { provider, model, usage, at } = fields as { [key: string]: unknown };
  if (typeof provider !== 'string') {
    return { reason: 'unknown_provider', detail: 'provider is not a text' };
  }
  if (typeof model !== 'string') return { reason: 'unknown_model', detail: 'model is not a text' };
  const atNs = at === undefined || at === null ? nowNs : parseInstantNs(at);
  if (atNs === undefined) {
    const detail = `at is ${JSON.stringify(at)}, expected RFC 3339 such as 2026-08-20T12:00:00Z`;
    return { reason: 'invalid_at', detail };
  }
  const context = readContext(fields['context']);
  if ('reason' in context) return context;
  if (usage !== undefined && usage !== null && !isFields(usage)) {
    return { reason: 'invalid_usage', detail: 'usage is not an object' };
  }
  const told = Object.entries(usage ?? {}).map(([key, value]) => [key, textOf(value)]);
  const read = bucketsOf(Object.fromEntries(told));
  if ('reason' in read) return read;
  const { reported, flatFeeUsd } = read;
  return priceCall(book, {
    provider,
    model,
    atNs,
    usage: read.usage,
    context,
    reported,
    ...(flatFeeUsd === undefined ? {} : { flatFeeUsd }),
  });
}

function quantityText(line: ChargeLine, quantity: bigint): string {
  return MEASURED.has(line.key) ? formatDecimal(quantity, 9) : quantity.toString();
}

function lineFields(line: ChargeLine): Fields {
  const { rate } = line;
  return {
    key: line.key,
    quantity: quantityText(line, line.quantity),
    ...(line.billedQuantity === line.quantity
      ? {}
      : { billed_quantity: quantityText(line, line.billedQuantity) }),
    rate: { amount: rate.amount, per: Number(rate.per) },
    ...(rate.multipliers.length === 0 ? {} : { multipliers: rate.multipliers }),
    list_usd: formatUsd(line.listAtto),
    cost_usd: formatUsd(line.costAtto),
    price: rate.priceId,
    ...(rate.plan ? { plan: true } : {}),
    ...(rate.unverified ? { unverified: true } : {}),
    ...(line.inexact ? { inexact: true } : {}),
  };
}

function rangeFields(range: CostRange | undefined): Fields {
  if (range === undefined) return {};
  const [low, high] = [formatUsd(range.lowAtto), formatUsd(range.highAtto)];
  return { cost_low_usd: low, cost_high_usd: high, assumed: 'cache_write_ttl' };
}

function answer(result: PriceResult | Refusal): Fields {
  if ('reason' in result) return { cost_usd: null, reason: result.reason, detail: result.detail };
  return {
    cost_usd: formatUsd(result.costAtto),
    list_usd: formatUsd(result.listAtto),
    cost_basis: result.basis,
    ...(result.inexact ? { inexact: true } : {}),
    ...rangeFields(result.lifetimes),
    book_version: result.bookVersion,
    lines: result.lines.map(lineFields),
  };
}

/** Prices one line of JSON. Throws UnreadableLineError when it is not a JSON object. */
export function calcLine(book: PriceBook, line: string, nowNs: bigint): string {
  let fields: unknown;
  try {
    fields = json.parse(line, (_key, value, { source }) =>
      typeof value === 'number' ? json.rawJSON(source) : value,
    );
  } catch (error) {
    throw new UnreadableLineError(`not JSON: ${String(error)}`, { cause: error });
  }
  if (!isFields(fields)) throw new UnreadableLineError('expected a JSON object');
  return JSON.stringify({ ...fields, ...answer(price(book, fields, nowNs)) });
}
