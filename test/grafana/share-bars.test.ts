/** What is found in bars that are wrong, and in values that a bar cannot show. */
import { describe, expect, test } from 'vitest';
import { DASHBOARDS } from './dashboard-model.ts';
import { panelWith, shareField } from './made-panel.ts';
import { beyondBars, judgeBars } from './share-bars.ts';

describe('a bar for a share', () => {
  const bar = { id: 'custom.cellOptions', value: { type: 'gauge' } };
  const scale = [
    { id: 'unit', value: 'percentunit' },
    { id: 'min', value: 0 },
    { id: 'max', value: 1 },
  ];

  test.for([
    ['that is there', [shareField([bar, ...scale])], ''],
    ['that is not there', [], 'without a bar'],
    ['of a length of its own', [shareField([bar, ...scale.slice(0, 2)])], 'not the max 1'],
    [
      'in percent',
      [shareField([bar, { id: 'unit', value: 'percent' }])],
      'not the unit percentunit',
    ],
  ] as const)('%s is judged', ([, overrides, finding]) => {
    const found = judgeBars(panelWith(overrides)).join('\n');
    if (finding === '') expect(found).toBe('');
    else expect(found).toContain(finding);
  });

  test.for([
    [0, []],
    [1, []],
    [null, []],
    [1.01, ['Share is 1.01']],
    [-0.1, ['Share is -0.1']],
    ['0.5', ['Share is 0.5']],
  ] as const)('shows %s or says why not', ([value, findings]) => {
    const frame = { columns: [{ name: 'Share', type: 'Float64' }], rows: [[value]] };
    expect(beyondBars(panelWith([shareField([bar])]), frame)).toEqual(findings);
  });

  test('stands in tables of most dashboards', () => {
    const withBars = DASHBOARDS.filter(({ panels }) =>
      panels.some(({ fieldConfig }) =>
        fieldConfig?.overrides.some(({ properties }) =>
          properties.some(({ id }) => id === 'custom.cellOptions'),
        ),
      ),
    );
    expect(withBars.map(({ uid }) => uid)).toEqual(
      expect.arrayContaining(['aicost-spend', 'aicost-explore', 'aicost-waste', 'aicost-users']),
    );
  });
});
