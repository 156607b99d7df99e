/** The bits of cardinality-guard.ts for charges of calls of a known kind: what calls of a kind share is asked once. */
import {
  GUARDED_DIMENSIONS,
  type GuardedDimension,
} from '@ai-cost-profiler/clickhouse/rollup-dimensions.ts';
import { ATTRIBUTION_NAMES, type CallTemplate } from '../normalise/learned/call-template.ts';
import type { KnownCharge } from './append-known-charge.ts';
import type { CardinalityGuard, GuardScope } from './cardinality-guard.ts';

type OwnDimension = GuardedDimension & (typeof ATTRIBUTION_NAMES)[number];
/** Dimensions that each call tells itself. */
const OWN: readonly OwnDimension[] = ['feature', 'agent', 'prompt', 'user'];
const OWN_TEXTS = OWN.map((name) => ATTRIBUTION_NAMES.indexOf(name));
const OWN_BITS = OWN.map((name) => GUARDED_DIMENSIONS.indexOf(name));
const [SERVICE, ENVIRONMENT, PROVIDER, MODEL, OPERATION] = (
  ['service', 'environment', 'provider', 'model', 'operation'] as const
).map((name) => GUARDED_DIMENSIONS.indexOf(name));

export class KnownChargeLimit {
  private readonly guard: CardinalityGuard;
  /** What was asked last: a value that was new once stays what it was. */
  private scope: GuardScope | undefined;
  private template: CallTemplate | undefined;
  private service = '';
  private environment = '';
  private bits = 0;

  constructor(guard: CardinalityGuard) {
    this.guard = guard;
  }

  bitsOf(row: KnownCharge, day: number): number {
    const scope = this.guard.scopeOf(row.tenant, day);
    const template = row.calls.templates[row.call]!;
    return this.sharedBits(scope, template, row) | ownBits(scope, row);
  }

  private sharedBits(
    scope: GuardScope,
    template: CallTemplate,
    { service, environment }: KnownCharge,
  ): number {
    const isLast =
      this.scope === scope &&
      this.template === template &&
      this.service === service &&
      this.environment === environment;
    if (!isLast) {
      this.scope = scope;
      this.template = template;
      this.service = service;
      this.environment = environment;
      this.bits =
        scope.bitOfText(SERVICE!, service) |
        scope.bitOfText(ENVIRONMENT!, environment) |
        scope.bitOfText(PROVIDER!, template.provider) |
        scope.bitOfText(MODEL!, template.model) |
        scope.bitOfText(OPERATION!, template.operation);
    }
    return this.bits;
  }
}

function ownBits(scope: GuardScope, { calls, call, attribution }: KnownCharge): number {
  let bits = 0;
  for (let i = 0; i < OWN.length; i++) {
    const text = OWN_TEXTS[i]!;
    const start = calls.start(call, text);
    if (attribution !== undefined) bits |= scope.bitOfText(OWN_BITS[i]!, attribution[OWN[i]!]);
    else if (start >= 0)
      bits |= scope.bitOfRange(OWN_BITS[i]!, calls.bytes, start, calls.end(call, text));
    else if (calls.constant(call, text) !== '')
      bits |= scope.bitOfText(OWN_BITS[i]!, calls.constant(call, text));
  }
  return bits;
}
