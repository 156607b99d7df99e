/** Making, changing and deleting budgets. Invariant: another tenant's budget looks like one that does not exist. */
import {
  BUDGET_BODY,
  type Budget,
  type BudgetBody,
  type BudgetRow,
} from '@ai-cost-profiler/queries/budgets/definition.ts';
import { Problem } from '../problems.ts';
import { isGone, type TenantStates } from '../tenant-states.ts';
import type { TenantActor } from '../webhook-rows.ts';
import { type ControlRows, foldedRows, type Versioned } from './control-rows.ts';

const KIND = 'budget';
/** Each is a statement a minute. */
const BUDGETS_MAX = 500;

export interface BudgetsDeps {
  readonly state: ControlRows;
  readonly tenantStates: Pick<TenantStates, 'of'>;
  readonly newId: () => string;
}

type Known = Versioned<BudgetBody>;

/** Budgets as the control state has them. Each function throws Problem not_found for a budget of another tenant. */
export interface Budgets {
  list(tenant: string): readonly BudgetRow[];
  show(tenant: string, id: string): { readonly row: BudgetRow; readonly budget: Budget };
  /** @throws Problem parameter_invalid when there are too many */
  create(by: TenantActor, body: BudgetBody): Promise<BudgetRow>;
  change(by: TenantActor, id: string, body: BudgetBody): Promise<BudgetRow>;
  remove(by: TenantActor, id: string): Promise<BudgetRow>;
  /** Every budget in force; none of a tenant that is being deleted. */
  inForce(): readonly Budget[];
  /** Tenants that have a budget, or had one, and are not being deleted. */
  tenants(): readonly string[];
}

export function createBudgets({ state, tenantStates, newId }: BudgetsDeps): Budgets {
  const folded = foldedRows(state, KIND, (json) => BUDGET_BODY.safeParse(json).data);
  const ofLiving = (): Known[] =>
    [...folded().values()].filter(({ tenant }) => !isGone(tenantStates.of(tenant)));
  const ofTenant = (tenant: string): Known[] =>
    [...folded().values()].filter((one) => one.tenant === tenant && !one.isDeleted);
  const find = (tenant: string, id: string): Known => {
    const known = folded().get(id);
    if (known === undefined || known.tenant !== tenant || known.isDeleted) throw unknown(id);
    return known;
  };
  const append = async (
    change: { actor: string; tenant: string; id: string; deleted: boolean },
    body: BudgetBody,
  ): Promise<void> => {
    await state.append([{ ...change, kind: KIND, payload: JSON.stringify(body) }]);
  };
  return {
    list: (tenant) => ofTenant(tenant).map(rowOf),
    show: (tenant, id) => ({ row: rowOf(find(tenant, id)), budget: budgetOf(find(tenant, id)) }),
    create: async ({ actor, tenant }, body) => {
      if (ofTenant(tenant).length >= BUDGETS_MAX) {
        throw new Problem(
          'parameter_invalid',
          `There are ${BUDGETS_MAX} budgets, which is the most a tenant may have; one with each covers many users.`,
        );
      }
      const id = newId();
      await append({ actor, tenant, id, deleted: false }, body);
      return rowOf(find(tenant, id));
    },
    change: async ({ actor, tenant }, id, body) => {
      find(tenant, id);
      await append({ actor, tenant, id, deleted: false }, body);
      return rowOf(find(tenant, id));
    },
    remove: async ({ actor, tenant }, id) => {
      const known = find(tenant, id);
      await append({ actor, tenant, id, deleted: true }, known.payload);
      return rowOf(known);
    },
    inForce: () =>
      ofLiving()
        .filter(({ isDeleted }) => !isDeleted)
        .map(budgetOf),
    tenants: () => [...new Set(ofLiving().map(({ tenant }) => tenant))],
  };
}

const unknown = (id: string): Problem =>
  new Problem('not_found', `There is no budget ${JSON.stringify(id.slice(0, 64))}.`);

const budgetOf = ({ payload, id, tenant, version }: Known): Budget => ({
  ...payload,
  id,
  tenant,
  version,
});

const rowOf = (known: Known): BudgetRow => ({
  id: known.id,
  ...known.payload,
  revision: String(known.version),
  created_at: known.createdAt,
  created_by: known.createdBy,
  changed_at: known.changedAt,
  changed_by: known.changedBy,
});
