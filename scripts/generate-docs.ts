// Writes docs/reference/*.md, docs/dialects.md, the numbers of docs/scaling.md, .env.example,
// instrumentation/core/src/semconv.ts and the types of queries/client from the tables and schemas of the source.
// `node scripts/generate-docs.ts` writes, `--check` only compares and fails when something is out of date.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { apiPage } from './api-page.ts';
import { benchmarksPage } from './benchmarks-page.ts';
import { dialectsPage } from './dialects-page.ts';
import { engineErrorsPage } from './engine-errors-page.ts';
import { clientSource } from './generate-client.ts';
import { semconvSource } from './generate-semconv.ts';
import { importColumnsPage } from './import-columns-page.ts';
import { instrumentationPage } from './instrumentation-page.ts';
import { limitsPage } from './limits-page.ts';
import { envExample, metricsPage, optionsPage, problemsPage } from './reference-pages.ts';
import { scalingPage } from './scaling-page.ts';

const ROOT = join(import.meta.dirname, '..');

/** Every generated file by its path in the repository. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/reference/options.md', optionsPage()],
    ['docs/reference/problems.md', problemsPage()],
    ['docs/reference/metrics.md', metricsPage()],
    ['docs/reference/engine-errors.md', engineErrorsPage()],
    ['docs/reference/limits.md', limitsPage()],
    ['docs/reference/import-columns.md', importColumnsPage()],
    ['docs/api.md', apiPage()],
    ['docs/dialects.md', dialectsPage()],
    ['docs/benchmarks.md', benchmarksPage()],
    ['docs/instrumentation.md', instrumentationPage()],
    ['docs/scaling.md', scalingPage()],
    ['.env.example', envExample()],
    ['queries/client/generated/operations.ts', clientSource()],
    ['instrumentation/core/src/semconv.ts', semconvSource()],
  ]);
}

/** Paths of generated files that are missing or not what their table says. */
export async function outdatedFiles(): Promise<string[]> {
  const outdated: string[] = [];
  for (const [path, text] of generatedFiles()) {
    const found = await readFile(join(ROOT, path), 'utf8').catch(() => undefined);
    if (found !== text) outdated.push(path);
  }
  return outdated;
}

async function writeAll(): Promise<void> {
  for (const [path, text] of generatedFiles()) {
    await mkdir(dirname(join(ROOT, path)), { recursive: true });
    await writeFile(join(ROOT, path), text);
  }
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const outdated = await outdatedFiles();
    if (outdated.length > 0) {
      process.stderr.write(`Out of date: ${outdated.join(', ')}. Run npm run docs.\n`);
      process.exit(1);
    }
  } else await writeAll();
}
