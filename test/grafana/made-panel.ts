/** A panel for tests of what is found in panels: a table with one field, Share. */
import type { Override, PanelJson } from './dashboard-model.ts';

/** A table with these fields shown otherwise. */
export const panelWith = (overrides: readonly Override[]): PanelJson => ({
  id: 1,
  type: 'table',
  title: 'a panel',
  gridPos: { x: 0, y: 0, w: 24, h: 8 },
  targets: [
    {
      refId: 'A',
      datasource: { type: '', uid: '' },
      format: 1,
      editorType: '',
      rawSql: 'SELECT 1 AS Share',
    },
  ],
  fieldConfig: { defaults: {}, overrides },
});

/** The field of that table, with these looks. */
export const shareField = (properties: Override['properties']): Override => ({
  matcher: { id: 'byName', options: 'Share' },
  properties,
});
