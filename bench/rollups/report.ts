/** Writes what was measured as Markdown tables, ready to be kept beside the decision. */
import type { Comparison, QueryPart, RemovalPart } from './compare.ts';
import type { InsertCost } from './insert-cost.ts';
import type { KillResult } from './kill-test.ts';
import type { QueryTime } from './query-time.ts';

type Cell = string | number | boolean;

const fixed = (value: number, digits = 2) => value.toFixed(digits);
const megabytes = (bytes: number) => fixed(bytes / 1e6, 1);

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function insertTable(inserts: readonly InsertCost[]): string {
  return table(
    ['traffic', 'scheme', 'CPU µs/row', 'CPU to plain', 'wall ms/segment', 'wall to plain'],
    inserts.map((cost) => [
      cost.shape,
      cost.scheme,
      fixed(cost.cpuMicrosPerRow, 1),
      fixed(cost.cpuToPlain),
      fixed(cost.wallMs, 0),
      fixed(cost.wallToPlain),
    ]),
  );
}

function queryTable(times: readonly QueryTime[]): string {
  return table(
    ['question', 'way', 'wall ms', 'wall to views', 'CPU ms', 'CPU to views', 'reads projection'],
    times.map((time) => [
      time.question,
      time.way,
      fixed(time.wallMs, 1),
      fixed(time.wallToViews, 1),
      fixed(time.cpuMs, 1),
      fixed(time.cpuToViews, 1),
      time.readsProjection,
    ]),
  );
}

function upkeepTable({ upkeep }: QueryPart): string {
  return table(
    [
      'scheme',
      'ledger rows',
      'rollup rows',
      'ledger MB',
      'rollups MB',
      'merge CPU s',
      'merge wall s',
    ],
    upkeep.map((cost) => [
      cost.scheme,
      cost.ledgerRows,
      cost.rollupRows,
      megabytes(cost.ledgerBytes),
      megabytes(cost.rollupBytes),
      fixed(cost.mergeCpuMs / 1000, 1),
      fixed(cost.mergeWallMs / 1000, 1),
    ]),
  );
}

function killTable(kills: readonly KillResult[]): string {
  return table(
    [
      'scheme',
      'kills (in flight)',
      'batches',
      'in no target',
      'in some targets',
      'missing by target',
      'rollups off before repair',
      'after repair',
      'acknowledged but missing',
      'surplus entries, spans',
    ],
    kills.map((kill) => [
      kill.scheme,
      `${kill.kills} (${kill.killsInFlight})`,
      kill.batches,
      kill.absentBatches,
      kill.partialBatches,
      JSON.stringify(kill.missingByTarget),
      kill.rollupsOffBeforeRepair,
      kill.rollupsOffAfterRepair,
      kill.acknowledgedButMissing,
      `${kill.surplusEntries}, ${kill.surplusSpans}`,
    ]),
  );
}

function expiryTable({ expiry }: RemovalPart): string {
  return table(
    ['entries leave the ledger by', 'scheme', 'rollup total before', 'after'],
    expiry.map((one) => [one.removal, one.scheme, one.totalBefore, one.totalAfter]),
  );
}

function fillTable({ fillCpuMs: { views, projections } }: QueryPart): string {
  return table(
    ['views ms', 'projections ms', 'projections to views'],
    [[fixed(views, 0), fixed(projections, 0), fixed(projections / views)]],
  );
}

function maskingTable({ masking }: RemovalPart): string {
  const { fingerprints, maskedCalls } = masking;
  return table(
    ['', 'views', 'projections'],
    [
      ['fingerprint', fingerprints.views, fingerprints.projections],
      ['calls masked', maskedCalls.views, maskedCalls.projections],
    ],
  );
}

function querySections(queries: QueryPart): string[] {
  return [
    '## CPU per segment while filling (entries only, correlated)',
    fillTable(queries),
    '## Queries before any merge',
    queryTable(queries.unmerged),
    '## Queries on merged tables',
    queryTable(queries.merged),
    '## Bytes and merges',
    upkeepTable(queries),
  ];
}

function removalSections(removals: RemovalPart): string[] {
  const found = removals.masking.plainQueryReadsProjection;
  return [
    '## Expiry and erasure',
    expiryTable(removals),
    '## `(over limit)` masking',
    maskingTable(removals),
    `\`GROUP BY model\` straight on the ledger reads a projection: ${found}`,
  ];
}

/** The whole report: parameters, a table for each question, nothing interpreted. */
export function formatReport(comparison: Comparison): string {
  const { plan, inserts, queries, kills, removals } = comparison;
  const insertTitle =
    '## Inserts (half spans, half entries; merges stopped; medians, ratios within a round)';
  const sections = [`Engine ${comparison.engineVersion}; ${JSON.stringify(plan)}`];
  sections.push(...(inserts === undefined ? [] : [insertTitle, insertTable(inserts)]));
  sections.push(...(queries === undefined ? [] : querySections(queries)));
  sections.push(...(kills === undefined ? [] : ['## Kill test', killTable(kills)]));
  sections.push(...(removals === undefined ? [] : removalSections(removals)));
  return `${sections.join('\n\n')}\n`;
}
