/** What each kind of panel needs of the frame it draws, so that it shows something and does not break. */
import { type FieldKind, type Frame, kindOf } from './frame.ts';
import { judgeTraces } from './trace-contract.ts';

/** Faults of a frame for a type of panel, as sentences; none: it can be drawn. */
export function frameFaults(panelType: string, frame: Frame): string[] {
  const names = frame.columns.map(({ name }) => name);
  const faults = names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => `two columns are named ${name}`);
  const judge = JUDGES[panelType];
  if (judge === undefined) return [...faults, `no contract for panels of type ${panelType}`];
  return [...faults, ...judge(frame)];
}

/** Whether a panel of this type has nothing to show but that there is nothing. */
export function isEmpty(panelType: string, { rows }: Frame): boolean {
  if (panelType === 'stat') return rows[0]?.[0] === null;
  return panelType === 'flamegraph' ? rows.length === 1 : rows.length === 0;
}

const kinds = ({ columns }: Frame): FieldKind[] => columns.map(({ type }) => kindOf(type));

const JUDGES: Readonly<Record<string, (frame: Frame) => string[]>> = {
  stat: (frame) => [
    ...(frame.rows.length === 1 ? [] : [`${frame.rows.length} rows instead of one`]),
    ...(kinds(frame).every((kind) => kind === 'number') ? [] : ['a field that is no number']),
  ],
  timeseries: judgeTimeSeries,
  table: (frame) => (kinds(frame).includes('other') ? ['a column that no cell shows'] : []),
  bargauge: (frame) => {
    const found = kinds(frame);
    const isRight =
      found.filter((kind) => kind === 'text').length === 1 &&
      found.filter((kind) => kind === 'number').length === found.length - 1;
    return isRight ? [] : ['bars take one text and else numbers'];
  },
  flamegraph: judgeFlameGraph,
  traces: judgeTraces,
};

function judgeTimeSeries(frame: Frame): string[] {
  const found = kinds(frame);
  const faults: string[] = [];
  if (found[0] !== 'time') faults.push('the first column is no time');
  if (!found.includes('number')) faults.push('no number');
  if (found.filter((kind) => kind === 'text').length > 1) faults.push('more than one text');
  const times = frame.rows.map(([time]) => Date.parse(String(time)));
  if (times.some((time, index) => index > 0 && time < (times[index - 1] ?? 0))) {
    faults.push('time does not ascend');
  }
  const keys = frame.rows.map((row) => JSON.stringify(row.filter((_, i) => found[i] !== 'number')));
  if (new Set(keys).size !== keys.length) faults.push('two values for one time of one series');
  return faults;
}

/** Levels that step down one at most, one root, and no parent that is less than its children. */
function judgeFlameGraph({ columns, rows }: Frame): string[] {
  const place = (name: string): number => columns.findIndex((column) => column.name === name);
  const [level, value, self, label] = ['level', 'value', 'self', 'label'].map(place);
  if (level === undefined || value === undefined || self === undefined || label === undefined) {
    return ['fields are missing'];
  }
  if ([level, value, self, label].includes(-1)) return ['fields are missing'];
  const right = [place('valueRight'), place('selfRight')];
  if (right.includes(-1) && right.some((one) => one !== -1)) return ['half of a comparison'];
  const levels = rows.map((row) => Number(row[level]));
  const faults: string[] = [];
  if (levels[0] !== 0) faults.push('the first row is no root');
  if (levels.filter((one) => one === 0).length !== 1) faults.push('not exactly one root');
  if (levels.some((one, index) => index > 0 && one > (levels[index - 1] ?? 0) + 1)) {
    faults.push('a level is left out');
  }
  const sides: [number, number][] = [[value, self]];
  if (!right.includes(-1)) sides.push([right[0] ?? -1, right[1] ?? -1]);
  for (const [total, own] of sides) faults.push(...judgeSums(rows, levels, [total, own]));
  return faults;
}

function judgeSums(
  rows: Frame['rows'],
  levels: readonly number[],
  [total, own]: readonly [number, number],
): string[] {
  const wrong = rows.flatMap((row, index) => {
    let children = 0;
    for (
      let at = index + 1;
      at < rows.length && (levels[at] ?? 0) > (levels[index] ?? 0);
      at += 1
    ) {
      if (levels[at] === (levels[index] ?? 0) + 1) children += Number(rows[at]?.[total]);
    }
    const [whole, self] = [Number(row[total]), Number(row[own])];
    return whole === children + self && self >= 0
      ? []
      : [`row ${index}: ${whole} of ${children}+${self}`];
  });
  return wrong.length === 0 ? [] : [`a frame is not its own and its children's: ${wrong[0]}`];
}
