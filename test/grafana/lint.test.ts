/** The committed dashboards: those the source makes, and good ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedFiles } from '@ai-cost-profiler/grafana/generated-files.ts';
import { describe, expect, test } from 'vitest';
import { DASHBOARDS, DASHBOARDS_FOLDER, type DashboardJson } from './dashboard-model.ts';
import { lintDashboard, UNITS, unitsOf, WITHOUT_RANGE } from './lint.ts';

const uids = DASHBOARDS.map(({ uid }) => uid);

test.for([...generatedFiles()])(
  '%s is what its source makes: npm run grafana:build',
  ([name, text]) => {
    expect(readFileSync(join(DASHBOARDS_FOLDER, '..', name), 'utf8')).toBe(text);
  },
);

test('no dashboard is left that no source makes', () => {
  const made = [...generatedFiles().keys()].filter((name) => name.startsWith('dashboards/'));
  expect(uids.map((uid) => `dashboards/${uid}.json`)).toEqual(made.sort());
});

test('uids and titles are those of one dashboard each', () => {
  expect(new Set(uids).size).toBe(uids.length);
  expect(new Set(DASHBOARDS.map(({ title }) => title)).size).toBe(uids.length);
});

test.for(DASHBOARDS)('$uid breaks no rule', (dashboard) => {
  expect(lintDashboard(dashboard, DASHBOARDS)).toEqual([]);
});

test('every unit that may be used is', () => {
  const used = new Set(
    DASHBOARDS.flatMap(({ panels }) => panels.flatMap(({ fieldConfig }) => unitsOf(fieldConfig))),
  );
  expect([...used].sort()).toEqual([...UNITS].sort());
});

test('every panel that needs no range is there', () => {
  const titles = DASHBOARDS.flatMap(({ uid, panels }) =>
    panels.map(({ title }) => `${uid}: ${title}`),
  );
  expect(Object.keys(WITHOUT_RANGE).filter((one) => !titles.includes(one))).toEqual([]);
});

describe('the linter finds', () => {
  const [good] = DASHBOARDS;
  const first = good?.panels.find(({ targets }) => targets !== undefined);
  const broken = (change: (panel: NonNullable<typeof first>) => object): DashboardJson => {
    if (good === undefined || first === undefined) throw new Error('no dashboard to break');
    const panels = good.panels.map((one) => (one === first ? { ...one, ...change(first) } : one));
    return { ...good, panels };
  };
  const withSql = (sql: (text: string) => string) =>
    broken(({ targets = [] }) => ({
      targets: targets.map((target) => ({ ...target, rawSql: sql(target.rawSql) })),
    }));

  test.for([
    [
      'a panel outside of the grid',
      broken(({ gridPos }) => ({ gridPos: { ...gridPos, x: 23 } })),
      'outside',
    ],
    [
      'panels on each other',
      broken(({ gridPos }) => ({ gridPos: { ...gridPos, h: 30 } })),
      'lies on',
    ],
    ['a missing id', broken(() => ({ id: undefined })), 'no id'],
    [
      'a missing unit',
      broken(() => ({ fieldConfig: { defaults: { noValue: 'x' }, overrides: [] } })),
      'no unit',
    ],
    [
      'an unknown unit',
      broken(() => ({ fieldConfig: { defaults: { unit: 'currencyUsd' }, overrides: [] } })),
      'the unit currencyUsd, which is none of',
    ],
    [
      'an unknown unit of a field',
      broken(({ fieldConfig }) => ({
        fieldConfig: {
          ...fieldConfig,
          overrides: [
            {
              matcher: { id: 'byName', options: 'a' },
              properties: [{ id: 'unit', value: 'percent' }],
            },
          ],
        },
      })),
      'the unit percent, which is none of',
    ],
    ['a missing description', broken(() => ({ description: '' })), 'no description'],
    [
      'a fixed data source',
      broken(() => ({ datasource: { type: 'x', uid: 'y' } })),
      'chosen data source',
    ],
    [
      'an instant before a whole second',
      withSql((sql) => `${sql} UNION ALL SELECT 1 FROM ledger WHERE start_time < now()`),
      'compared as DateTime64',
    ],
    [
      'a table of the operator',
      withSql((sql) => `${sql} UNION ALL SELECT 1 FROM settle_marks`),
      'may not read',
    ],
    [
      'what not even the operator may read',
      {
        ...withSql((sql) => `${sql} UNION ALL SELECT 1 FROM control`),
        uid: 'aicost-collector',
      },
      "Grafana's user may not read",
    ],
    [
      'rows that may have expired',
      broken(({ targets = [] }) => ({
        description: 'What the ledger says, and no more.',
        targets: targets.map((target) => ({ ...target, rawSql: 'SELECT 1 FROM ledger AS t' })),
      })),
      'days of ledger may have expired',
    ],
    [
      'rows that may have expired where the ledger alone knows what is chosen',
      broken(({ targets = [] }) => ({
        description: 'What the rollups say, and no more.',
        targets: targets.map((target) => ({
          ...target,
          rawSql:
            "SELECT 1 FROM cost_hourly UNION ALL SELECT 1 FROM ledger AS t WHERE 'a' IN ('session', 'tool', 'tag')",
        })),
      })),
      'days of ledger may have expired',
    ],
    ['a missing range', withSql(() => 'SELECT 1'), 'does not follow'],
    ['an unquoted variable', withSql((sql) => `${sql} \${model}`), 'not quoted'],
    [
      'an unknown variable',
      withSql((sql) => `${sql} \${nobody:singlequote}`),
      'no variable nobody',
    ],
    ['an unknown macro', withSql((sql) => `${sql} $__columns(a)`), 'nobody expands'],
    ['a bare variable', withSql((sql) => `${sql} $model`), 'outside of $__conditionalAll'],
  ] as const)('%s', ([, dashboard, finding]) => {
    expect(lintDashboard(dashboard, DASHBOARDS).join('\n')).toContain(finding);
  });
});
