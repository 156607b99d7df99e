/** One look at the collector as a line of progress. */
import type { Look } from './watch-collector.ts';

export function describeLook(look: Look): string {
  const mb = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  const question = look.questionMs === null ? 'no answer' : `${Math.round(look.questionMs)} ms`;
  return [
    `${look.second} s`.padEnd(7),
    look.stage.padEnd(20),
    `${look.acknowledgedSpans} spans`.padEnd(15),
    `journal ${mb(look.journalBytes)} in ${look.segments}`.padEnd(24),
    `memory ${mb(look.residentBytes)}`.padEnd(15),
    `ack ${look.ackMsP50}/${look.ackMsMax} ms`.padEnd(16),
    `resent ${look.resends}`.padEnd(12),
    `question ${question}`,
  ].join(' ');
}
