/**
 * For how long what is kept of each tenant: rows of the table of limits, so that a tenant gets a value of its own as it
 * gets other limits. Nothing is refused by them; what is older expires.
 */
import { limit } from './limit-spec.ts';

const RETENTION = { least: 1, most: 36_500, mayBeUnlimited: true } as const;
const EXPIRES = 'Nothing is refused: what is older expires.';

export const RETENTION_LIMITS = {
  spans_retention_days: limit({
    scope: 'tenant',
    unit: 'days',
    byDefault: null,
    option: 'retentionSpansMs',
    override: RETENTION,
    problem: null,
    answer: EXPIRES,
    isUncounted: true,
    sentence:
      'Age at which the spans of a UTC day expire, once it is settled, verified and sealed.',
    reason:
      'Tenants promise their own users different times. Nothing expires unless somebody says.',
  }),
  content_retention_days: limit({
    scope: 'tenant',
    unit: 'days',
    byDefault: null,
    option: 'retentionContentMs',
    override: RETENTION,
    problem: null,
    answer: EXPIRES,
    isUncounted: true,
    sentence: 'Age at which stored content is replaced by its size.',
    reason: 'Prompts are the most private and the largest part of a span, and needed least long.',
  }),
  ledger_retention_days: limit({
    scope: 'tenant',
    unit: 'days',
    byDefault: null,
    option: 'retentionLedgerMs',
    override: RETENTION,
    problem: null,
    answer: EXPIRES,
    isUncounted: true,
    sentence:
      'Age at which ledger entries expire, never before the spans of their day; where those never do, entries do not either.',
    reason: 'Sums by hour and day stay, so it gives room and anonymity, and changes no total.',
  }),
} as const;
