// docs/benchmarks.md, from the results kept under bench/results/: the page says what they say, and nothing else.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  askedText,
  type BenchResult,
  type Figure,
  figureText,
  isReached,
  RESULTS,
} from '../bench/result.ts';
import { NOTICE, table } from './markdown.ts';

/** What `npm run bench` measures, with its command, in the order of the page. */
const BENCHES: readonly (readonly [name: string, command: string])[] = [
  ['pipeline', 'bench:pipeline'],
  ['end-to-end', 'bench:end-to-end'],
  ['latency', 'bench:latency'],
  ['soak', 'bench:soak'],
  ['peers', 'bench:peers'],
];

function keptResults(): BenchResult[] {
  return readdirSync(RESULTS)
    .filter((name) => name.endsWith('-full.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(RESULTS, name), 'utf8')) as BenchResult);
}

/** @param results those kept, full forms only: a short form measures nothing */
export function benchmarksPage(results: readonly BenchResult[] = keptResults()): string {
  const others = results.filter(({ bench }) => !BENCHES.some(([name]) => name === bench));
  const all = [...BENCHES, ...others.map(({ bench }) => [bench, `bench:${bench}`] as const)];
  const sections = all.flatMap(([name, command]) => {
    const result = results.find(({ bench }) => bench === name);
    const again = `\`npm run ${command} -- --full --keep\``;
    if (result === undefined) return [`## ${name}`, '', `Not measured yet: ${again}.`, ''];
    return [...section(result), `Measured by ${again}.`, ''];
  });
  return [
    NOTICE,
    '# Benchmarks',
    '',
    'What was measured, on which machine and when. A ratio is of one run on one machine, and both sides of it had the',
    'same rows: the checksums below each table were equal. Senders are processes of their own, and what they cost is not',
    'counted; every request has other ids. `npm run bench` runs them all in a short form, which shows only that they run.',
    '',
    ...sections,
  ].join('\n');
}

function section({ bench, about, date, machine, figures, checksums }: BenchResult): string[] {
  const sums = Object.entries(checksums).map(([name, sum]) => `- ${name}: \`${sum}\``);
  return [
    ...[`## ${bench}`, '', about, '', `${date}, ${machine}.`, ''],
    ...[table(['Figure', 'Value', 'Asked', ''], figures.map(row)), ''],
    ...['Checksums:', '', ...sums, ''],
  ];
}

function row(figure: Figure): string[] {
  const reached = isReached(figure);
  const verdict = reached === undefined ? '' : reached ? 'reached' : '**missed**';
  return [figure.name, `${figureText(figure.value)} ${figure.unit}`, askedText(figure), verdict];
}
