// Writes what src makes: `npm run grafana:build`. A test compares what is there.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generatedFiles } from './generated-files.ts';

const PACKAGE = join(import.meta.dirname, '..');

for (const [name, text] of generatedFiles()) {
  const path = join(PACKAGE, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
