import { BUDGET_BODY } from '@ai-cost-profiler/queries/budgets/definition.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { TenantStates, tenantChange } from '../tenant-states.ts';
import { createBudgets } from './budget-operations.ts';
import type { ControlRow, ControlRows } from './control-rows.ts';
import { createWebhooks } from './webhook-operations.ts';

/** A control state in memory: rows are stamped and kept. */
function memoryState(): ControlRows & { readonly rows: ControlRow[] } {
  const rows: ControlRow[] = [];
  return {
    rows,
    get revision() {
      return rows.length;
    },
    history: () => rows,
    append: async (changes) => {
      for (const change of changes) {
        const version = BigInt(rows.length + 1);
        rows.push({ ...change, version, recordedAt: `2026-08-20T12:00:0${version}.000Z` });
      }
    },
  };
}

const ANN = { actor: 'key:ann', tenant: 'acme' };
const BOB = { actor: 'key:bob', tenant: 'acme' };
const body = (amount_usd: string) =>
  BUDGET_BODY.parse({ name: 'm', amount_usd, window: { kind: 'calendar', unit: 'month' } });

let state: ReturnType<typeof memoryState>;
let tenantStates: TenantStates;
let ids = 0;
beforeEach(() => {
  state = memoryState();
  tenantStates = new TenantStates(state);
  ids = 0;
});
const newId = () => `id_${++ids}`;

describe('budgets', () => {
  test('are rows that say who made them, who changed them, and when', async () => {
    const budgets = createBudgets({ state, tenantStates, newId });
    const made = await budgets.create(ANN, body('100'));
    expect(made).toMatchObject({ id: 'id_1', amount_usd: '100', created_by: 'key:ann' });
    const changed = await budgets.change(BOB, 'id_1', body('200'));
    expect(changed).toMatchObject({
      amount_usd: '200',
      created_at: '2026-08-20T12:00:01.000Z',
      created_by: 'key:ann',
      changed_at: '2026-08-20T12:00:02.000Z',
      changed_by: 'key:bob',
    });
    await budgets.remove(BOB, 'id_1');
    expect(budgets.list('acme')).toEqual([]);
    expect(budgets.inForce()).toEqual([]);
    expect(budgets.tenants()).toEqual(['acme']);
    expect(state.rows.map(({ actor, deleted }) => [actor, deleted])).toEqual([
      ['key:ann', false],
      ['key:bob', false],
      ['key:bob', true],
    ]);
    await expect(budgets.change(ANN, 'id_1', body('1'))).rejects.toThrow(
      'There is no budget "id_1"',
    );
  });

  test('of another tenant look like those that do not exist', async () => {
    const budgets = createBudgets({ state, tenantStates, newId });
    await budgets.create(ANN, body('100'));
    expect(budgets.list('globex')).toEqual([]);
    const told = (id: string) => {
      try {
        return budgets.show('globex', id);
      } catch (error) {
        return String(error).replaceAll(id, '<id>');
      }
    };
    expect(told('id_1')).toBe(told('id_x'));
    const globex = { actor: 'key:eve', tenant: 'globex' };
    await expect(budgets.remove(globex, 'id_1')).rejects.toThrow('There is no budget');
    // A row that another tenant could have written under the same id changes nothing.
    await state.append([
      { ...globex, kind: 'budget', id: 'id_1', payload: JSON.stringify(body('1')), deleted: true },
    ]);
    expect(budgets.list('acme')).toHaveLength(1);
  });

  test('of a later version that this one cannot read are left as they were', async () => {
    const budgets = createBudgets({ state, tenantStates, newId });
    await budgets.create(ANN, body('100'));
    const row = { ...ANN, kind: 'budget', id: 'id_1', deleted: false };
    await state.append([
      { ...row, payload: '{"amount_eur":1}' },
      { ...row, payload: 'no JSON' },
    ]);
    expect(budgets.list('acme')).toMatchObject([{ amount_usd: '100', changed_by: 'key:ann' }]);
  });

  test('of a tenant that is being deleted are looked at no more', async () => {
    const budgets = createBudgets({ state, tenantStates, newId });
    await budgets.create(ANN, body('100'));
    await budgets.create({ actor: 'key:eve', tenant: 'globex' }, body('100'));
    await state.append([tenantChange('key:op', 'globex', { state: 'suspended' })]);
    expect(budgets.tenants()).toEqual(['acme', 'globex']);
    await state.append([tenantChange('key:op', 'globex', { state: 'deleting' })]);
    expect(budgets.inForce().map(({ tenant }) => tenant)).toEqual(['acme']);
    expect(budgets.tenants()).toEqual(['acme']);
  });

  test('have an upper number', async () => {
    const budgets = createBudgets({ state, tenantStates, newId });
    for (let made = 0; made < 500; made++) await budgets.create(ANN, body('1'));
    await expect(budgets.create(ANN, body('1'))).rejects.toThrow('There are 500 budgets');
  });
});

describe('webhooks', () => {
  const open = () =>
    createWebhooks({
      state,
      tenantStates,
      newId,
      rootSecret: () => Buffer.from('root'),
      mayBePrivate: false,
    });
  const wanted = { name: 'pager', url: 'https://example.com/hook' };

  test('show their secret once, keep it nowhere, and have the same one in each collector', async () => {
    const made = await open().create(ANN, wanted);
    expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(state.rows.map(({ payload }) => payload).join()).not.toContain(made.secret.slice(6));
    expect(open().show('acme', made.id)).not.toHaveProperty('secret');
    const [known] = open().inForce();
    expect(`whsec_${known?.secret.toString('base64')}`).toBe(made.secret);
    const other = await open().create(ANN, wanted);
    expect(other.secret).not.toBe(made.secret);
  });

  test('are of their tenant, and end when they are removed', async () => {
    const webhooks = open();
    const { id } = await webhooks.create(ANN, wanted);
    expect(webhooks.list('globex')).toEqual([]);
    expect(() => webhooks.show('globex', id)).toThrow('There is no webhook');
    expect(webhooks.isInForce(id)).toBe(true);
    await webhooks.remove(BOB, id);
    expect(webhooks.inForce()).toEqual([]);
    expect([webhooks.isInForce(id), webhooks.isInForce('id_x')]).toEqual([false, false]);
  });

  test('of a tenant that is being deleted get nothing more', async () => {
    const webhooks = open();
    const { id } = await webhooks.create(ANN, wanted);
    await state.append([tenantChange('key:op', 'acme', { state: 'deleting' })]);
    expect(webhooks.inForce()).toEqual([]);
    expect(webhooks.isInForce(id)).toBe(false);
  });

  test('to a private address are refused by name of the field', async () => {
    const url = 'https://169.254.169.254/latest';
    await expect(open().create(ANN, { name: '', url })).rejects.toThrow(
      `url is "${url}": expected a public address`,
    );
  });
});
