// The text of docs/reference/engine-errors.md: what the writer does about each error of ClickHouse.
import { ERROR_GROUPS, type ErrorVerdict } from '@ai-cost-profiler/clickhouse/error-verdict.ts';
import { code, NOTICE, table } from './markdown.ts';

const DONE: Readonly<Record<ErrorVerdict, string>> = {
  retry: 'Tried again until it passes. The log has a warning.',
  operator: 'Tried again until it is mended. The log has an error that says what to do.',
  poison: 'Tried three times, then the batch is set aside, whole, and the queue goes on.',
};

export function engineErrorsPage(): string {
  const sections = Object.entries(DONE).flatMap(([verdict, done]) => {
    const groups = ERROR_GROUPS.filter((group) => group.verdict === verdict);
    const rows = groups.map(({ codes, sentence }) => [
      Object.entries(codes)
        .map(([number, name]) => `${number} ${code(name)}`)
        .join(', '),
      sentence,
    ]);
    return [`## ${code(verdict)}`, '', done, '', table(['Codes', 'What it means'], rows), ''];
  });
  return [
    NOTICE,
    '# Errors of ClickHouse, and what the writer does about them',
    '',
    'Nothing here drops a row: what is not written stays in the journal, and spans are taken meanwhile. Tries wait 0.2 s,',
    'twice as long after each, 30 s at most, and half of it is random. Before each further try the writer makes sure that',
    'the insert before it neither runs nor will begin, and asks every table whether it has the batch.',
    '',
    'No answer at all (a refused or broken connection, a time limit, an answer of something in between) is tried again',
    'after 5 s at most. A code that is on no list is tried three times; then one batch is set aside for it. If the next',
    'batch is refused as well, it is not the batches: nothing more is set aside, and the log says that somebody must look.',
    '',
    'While it lasts, `/readyz` names the part `writer` with the code and what to do, `aicost_write_failing_seconds` in',
    '`/metrics` says for how long, and each attempt is a line of the log with its `verdict` and `advice`.',
    '',
    ...sections,
  ].join('\n');
}
