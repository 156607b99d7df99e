import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '@ai-cost-profiler/collector/limit-table.ts';
import { METRICS } from '@ai-cost-profiler/collector/metrics.ts';
import { AttributeKeys } from '@ai-cost-profiler/collector/normalise/attribute-keys.ts';
import { DIALECTS } from '@ai-cost-profiler/collector/normalise/dialects.ts';
import { OPTIONS } from '@ai-cost-profiler/collector/options.ts';
import { PROBLEMS } from '@ai-cost-profiler/collector/problems.ts';
import { expect, test } from 'vitest';
import { generatedFiles, outdatedFiles } from './generate-docs.ts';

/** Made once: making them takes a good part of a second. */
const files = generatedFiles();
const page = (name: string): string => files.get(`docs/reference/${name}.md`) ?? '';

test('the reference pages and .env.example say what their tables say: run `npm run docs` if not', async () => {
  expect(await outdatedFiles()).toEqual([]);
});

test('every option, problem, metric and limit is documented', () => {
  for (const { flag, env } of Object.values(OPTIONS)) {
    if (flag !== null) expect(page('options')).toContain(`\`--${flag}\``);
    if (env !== null) expect(page('options')).toContain(`\`${env}\``);
  }
  for (const code of Object.keys(PROBLEMS)) expect(page('problems')).toContain(`\`${code}\``);
  for (const name of Object.keys(LIMITS)) expect(page('limits')).toContain(`\`${name}\``);
  for (const name of Object.keys(METRICS)) expect(page('metrics')).toContain(`\`${name}\``);
});

test('every attribute that a dialect reads is documented', () => {
  const text = files.get('docs/dialects.md') ?? '';
  class Recording extends AttributeKeys {
    readonly declared = new Set<string>();
    override declare(name: string): number {
      this.declared.add(name);
      return super.declare(name);
    }
  }
  const undocumented = DIALECTS.flatMap(({ name, create }) => {
    const keys = new Recording();
    create(keys, new AttributeKeys());
    return [...keys.declared]
      .filter((key) => !text.includes(`\`${key}\``))
      .map((key) => [name, key]);
  });
  expect(undocumented).toEqual([]);
});

test('no page of the reference stands without a table behind it', async () => {
  const folder = join(import.meta.dirname, '..', 'docs', 'reference');
  const generated = [...files.keys()].map((path) => path.split('/').at(-1));
  for (const name of await readdir(folder)) expect(generated).toContain(name);
});
