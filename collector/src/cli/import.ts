/** `aicost import`: a usage history from files. What reads and sends it is import-command.ts. */
import type { Command } from './command.ts';

export const importCommand = (run: Command['run']): Command => ({
  name: 'import',
  sentence: 'Import a usage history from CSV or JSON lines; the same file may be imported again.',
  takes: 'client',
  flags: [
    { flag: 'source', value: 'name', sentence: 'What the columns mean: docs/import.md (aicost).' },
    { flag: 'format', value: 'csv|ndjson', sentence: 'Unless the ending of the name tells.' },
    { flag: 'tenant', value: 'name', sentence: 'Whose calls they are, whatever the rows say.' },
    { flag: 'dry-run', value: null, sentence: 'Say what they would cost, and keep nothing.' },
  ],
  positionals: ['file…'],
  run,
});
