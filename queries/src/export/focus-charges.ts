/**
 * `focus`: the ledger as rows of FOCUS 1.2, one for each hour, SKU, price context, attribution and charge class.
 * Of older entries the ledger does not know what each bucket cost, so buckets are no rows of their own: a row's
 * quantity is all its tokens, and the conditional unit prices are left out, for no single one would give the cost.
 * Calls of unknown cost are no charges, and FOCUS allows no null cost: they are not among the rows, and the answer
 * tells how many they are. A call that was priced later is a charge of 0 with its quantities, and a correction with
 * its cost.
 * Invariant: BilledCost sums to the ledger's cost_usd and ListCost to its list_usd, digit for digit.
 */
import { TOKEN_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { filterSql } from '../dimensions.ts';
import { inRangeSql } from '../instant-sql.ts';
import { join, name, type Sql, sql, sumOfColumns } from '../sql.ts';
import { unpricedCallsSql } from '../unpriced-calls.ts';
import { type ExportTable, heldOnly, plain, text } from './export-table.ts';

const TOKENS = sumOfColumns(TOKEN_BUCKETS);
const INPUT_TOKENS = sumOfColumns(TOKEN_BUCKETS.filter((bucket) => bucket.startsWith('in_')));
const OUTPUT_TOKENS = sumOfColumns(TOKEN_BUCKETS.filter((bucket) => bucket.startsWith('out_')));

/**
 * Attribution as tags: ours under a prefix, as FOCUS wants of a provider's, the sender's own as they are. Where a
 * sender has taken one of our names, ours holds: a name stands once in an object.
 */
const OWN_TAGS = sql`mapFilter((key, value) -> value != '', map(
  'aicost/service', service, 'aicost/environment', environment, 'aicost/operation', operation,
  'aicost/feature', feature, 'aicost/agent', agent, 'aicost/prompt', prompt, 'aicost/tool', tool))`;
const TAGS = sql`toJSONString(mapSort(mapUpdate(CAST(tags, 'Map(String, String)'), CAST(${OWN_TAGS}, 'Map(String, String)'))))`;

/** What makes two charges different rows, as the ledger tells it. */
const KEYS = {
  period: sql`toDateTime(toStartOfHour(start_time), 'UTC')`,
  account: sql`tenant`,
  vendor: sql`if(provider = '', 'Unknown', provider)`,
  model_name: sql`if(model = '', 'Unknown', model)`,
  tier: sql`service_tier`,
  is_batch: sql`batch`,
  speed_name: sql`speed`,
  region_name: sql`region`,
  deployment: sql`price_context['deployment']`,
  is_correction: sql`kind != 'charge'`,
  is_adjustment: sql`kind = 'adjustment'`,
  has_tokens: sql`${TOKENS} != 0`,
  tags_json: TAGS,
} as const satisfies Record<string, Sql>;

const KEY_NAMES = join(
  Object.keys(KEYS).map((key) => name(key)),
  ', ',
);
const KEY_COLUMNS = join(
  Object.entries(KEYS).map(([key, value]) => sql`${value} AS ${name(key)}`),
  ', ',
);

const SKU = sql`concat(vendor, '/', model_name)`;
/** The rates of a SKU differ by these. */
const PRICE_CONTEXT = sql`arrayStringConcat(arrayFilter(part -> part != '', [
  if(tier = '', '', concat('tier=', tier)), if(is_batch, 'batch', ''), if(speed_name = '', '', concat('speed=', speed_name)),
  if(region_name = '', '', concat('region=', region_name))]), ';')`;
const MONTH = sql`toStartOfMonth(period)`;
const UNIT = sql`if(has_tokens, 'Tokens', 'Requests')`;
const QUANTITY = sql`toDecimal128(if(has_tokens, token_count, call_count), 9)`;

export const FOCUS_CHARGES: ExportTable = {
  source: 'ledger',
  // FOCUS wants its columns there, whether they are null or not.
  nullMembers: true,
  columns: [
    text('BillingAccountId', sql`account`),
    text('BillingAccountName', sql`account`),
    plain('BillingCurrency', sql`'USD'`),
    plain('BillingPeriodStart', sql`toDateTime(${MONTH}, 'UTC')`),
    plain('BillingPeriodEnd', sql`toDateTime(addMonths(${MONTH}, 1), 'UTC')`),
    plain('ChargePeriodStart', sql`period`),
    plain('ChargePeriodEnd', sql`period + INTERVAL 1 HOUR`),
    plain('ChargeCategory', sql`if(is_adjustment, 'Adjustment', 'Usage')`),
    plain('ChargeClass', sql`if(is_correction, 'Correction', NULL)`),
    text(
      'ChargeDescription',
      sql`concat(if(is_correction, 'Correction of ', ''), model_name, if(${PRICE_CONTEXT} = '', '', concat(' (', ${PRICE_CONTEXT}, ')')))`,
    ),
    plain('ChargeFrequency', sql`'Usage-Based'`),
    plain('BilledCost', sql`billed`),
    plain('EffectiveCost', sql`billed`),
    plain('ContractedCost', sql`billed`),
    plain('ListCost', sql`listed`),
    plain('PricingCategory', sql`'Standard'`),
    plain('PricingQuantity', QUANTITY),
    plain('PricingUnit', UNIT),
    plain('ConsumedQuantity', sql`if(is_adjustment, NULL, ${QUANTITY})`),
    plain('ConsumedUnit', sql`if(is_adjustment, NULL, ${UNIT})`),
    text('ProviderName', sql`vendor`),
    text('PublisherName', sql`vendor`),
    text('InvoiceIssuerName', sql`vendor`),
    plain('InvoiceId', sql`CAST(NULL, 'Nullable(String)')`),
    plain('ServiceCategory', sql`'AI and Machine Learning'`),
    plain('ServiceSubcategory', sql`'Generative AI'`),
    text('ServiceName', sql`concat(vendor, ' API')`),
    text('SkuId', SKU),
    text('SkuMeter', UNIT),
    text(
      'SkuPriceId',
      sql`concat(${SKU}, if(${PRICE_CONTEXT} = '', '', concat(';', ${PRICE_CONTEXT})))`,
    ),
    text('ResourceId', sql`deployment`),
    text('ResourceName', sql`deployment`),
    plain('ResourceType', sql`if(deployment = '', NULL, 'Model deployment')`),
    text('RegionId', sql`region_name`),
    text('RegionName', sql`region_name`),
    text('SubAccountId', sql`CAST(NULL, 'Nullable(String)')`),
    text('SubAccountName', sql`CAST(NULL, 'Nullable(String)')`),
    text('Tags', sql`tags_json`),
    plain('x_Calls', sql`call_count`),
    plain('x_InputTokens', sql`input_count`),
    plain('x_OutputTokens', sql`output_count`),
  ],
  rows: (scope, slice) => {
    const entries = sql`${scope.from('ledger')}${inRangeSql(slice.range)}${filterSql(slice.filters, 'ledger')}${heldOnly(slice)}`;
    const isUnpriced = sql`(${scope.traceKey}, span_id) IN (${unpricedCallsSql(scope, entries)})`;
    return sql`FROM (SELECT ${KEY_COLUMNS}, sum(coalesce(cost_usd, 0)) AS billed, sum(coalesce(list_usd, 0)) AS listed, sumIf(calls, NOT is_unpriced) AS call_count,
      sumIf(${TOKENS}, NOT is_unpriced) AS token_count, sumIf(${INPUT_TOKENS}, NOT is_unpriced) AS input_count, sumIf(${OUTPUT_TOKENS}, NOT is_unpriced) AS output_count
      FROM (SELECT *, ${isUnpriced} AS is_unpriced ${entries}) WHERE cost_usd IS NOT NULL OR NOT is_unpriced
      GROUP BY ${KEY_NAMES})`;
  },
  order: KEY_NAMES,
};
