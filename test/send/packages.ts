/** Packages that pages tell to install or import, and those that are known: recorded with, or looked up. */
import { readdirSync } from 'node:fs';
import { z } from 'zod';
import { ROOT, readText, type SendPage } from './send-page.ts';

/** Not in a lock file of ours; each with the page of its documentation. */
const LOOKED_UP: Readonly<Record<string, string>> = {
  '@vercel/otel': 'vercel.com/docs/otel',
  '@opentelemetry/sdk-node': 'opentelemetry.io/docs/languages/js/getting-started/nodejs',
  'traceloop-sdk': 'traceloop.com/docs/openllmetry/getting-started-python',
  'opentelemetry-exporter-otlp': 'opentelemetry.io/docs/languages/python/exporters',
};

const manifestSchema = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });

/** Of the recorders and of the Python example. */
export function knownPackages(): ReadonlySet<string> {
  const files = readdirSync(`${ROOT}test/emitters`, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.includes('node_modules'))
    .map((path) => `test/emitters/${path}`);
  const manifests = files
    .filter((path) => path.endsWith('/package.json'))
    .flatMap((path) => Object.keys(manifestSchema.parse(JSON.parse(readText(path))).dependencies));
  const requirements = [
    'examples/python-openai/requirements.txt',
    ...files.filter((path) => /requirements[\w-]*\.txt$/.test(path)),
  ].flatMap((path) =>
    readText(path)
      .split('\n')
      .map((line) => line.replace(/(\[.*\])?==.*$/, '').trim()),
  );
  return new Set([...manifests, ...requirements, ...Object.keys(LOOKED_UP)]);
}

export function namedPackages({ text }: SendPage): string[] {
  const installed = [...text.matchAll(/^(?:pip|npm) install (.+)$/gm)].flatMap(([, names]) =>
    names!.split(' '),
  );
  const imported = [...text.matchAll(/^import .* from '([^'.][^']*)';$/gm)].map(
    ([, name]) => name!,
  );
  return [...installed, ...imported];
}
