/**
 * Which limits hold for which tenant: its own, else those set for every tenant, else those of the table. Worked out
 * again when the control state has learned something; between, asking costs a comparison and a look-up.
 */
import {
  DEFAULT_TENANT_LIMITS,
  TENANT_LIMITS,
  type TenantLimitName,
  type TenantLimits,
} from '../limit-table.ts';
import { EVERY_TENANT } from '../tenant-rows.ts';
import { foldLimits, type LimitState, type OwnLimits } from './limit-rows.ts';

export class LimitsOfTenants {
  /** What holds where nothing was set. */
  readonly defaults: TenantLimits;
  private readonly state: Pick<LimitState, 'revision' | 'history'>;
  private revision = -1;
  private folded: OwnLimits = new Map();
  private settled = new Map<string, TenantLimits>();

  constructor(
    state: Pick<LimitState, 'revision' | 'history'>,
    defaults: TenantLimits = DEFAULT_TENANT_LIMITS,
  ) {
    this.state = state;
    this.defaults = defaults;
  }

  /** The same object until a limit changes. */
  of(tenant: string): TenantLimits {
    this.catchUp();
    const known = this.settled.get(tenant);
    if (known !== undefined) return known;
    const limits = this.settle(tenant);
    this.settled.set(tenant, limits);
    return limits;
  }

  /** What was set, by tenant and limit. */
  get own(): OwnLimits {
    this.catchUp();
    return this.folded;
  }

  /** Whether one of these is set for anybody: where none is, nobody need be looked at. */
  isAnySet(names: readonly TenantLimitName[]): boolean {
    const own = [...this.own.values()];
    return names.some(
      (name) =>
        this.defaults[name] !== null || own.some((set) => (set.get(name)?.value ?? null) !== null),
    );
  }

  private settle(tenant: string): TenantLimits {
    const own = this.folded.get(tenant);
    const all = this.folded.get(EVERY_TENANT);
    const pairs = TENANT_LIMITS.map((name) => {
      const set = own?.get(name) ?? all?.get(name);
      return [name, set === undefined ? this.defaults[name] : set.value] as const;
    });
    return Object.fromEntries(pairs) as TenantLimits;
  }

  private catchUp(): void {
    const { revision } = this.state;
    if (revision === this.revision) return;
    this.revision = revision;
    this.folded = foldLimits(this.state.history());
    this.settled = new Map();
  }
}
