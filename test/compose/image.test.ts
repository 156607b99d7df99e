/** The Dockerfile, held to the code: what it takes in is what the collector needs, and the embedded engine is not. */
import { existsSync } from 'node:fs';
import { openApiDocument } from '@ai-cost-profiler/collector/api/openapi.ts';
import { OPTIONS } from '@ai-cost-profiler/collector/options.ts';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { imageEnvironment, ROOT, readDockerfile, readText } from './compose-file.ts';

const INSTRUCTIONS = readDockerfile();
const textsOf = (instruction: string): string[] =>
  INSTRUCTIONS.filter((one) => one.instruction === instruction).map(({ text }) => text);
const FROM_REPOSITORY = textsOf('COPY').filter((text) => !text.startsWith('--from='));
const COPIED = FROM_REPOSITORY.flatMap((text) => text.split(' ').slice(0, -1));

const manifestSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  workspaces: z.array(z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
});
const lockSchema = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ optional: z.boolean().optional() })),
});
const readManifest = (folder: string) =>
  manifestSchema.parse(JSON.parse(readText(`${folder}package.json`)));
const ROOT_MANIFEST = readManifest('');

/** Folders of the packages that the collector needs when it runs. */
function neededFolders(): string[] {
  const folders = new Map(
    (ROOT_MANIFEST.workspaces ?? []).map((folder) => [readManifest(`${folder}/`).name, folder]),
  );
  const needed = new Set<string>();
  const visit = (folder: string): void => {
    if (needed.has(folder)) return;
    needed.add(folder);
    for (const name of Object.keys(readManifest(`${folder}/`).dependencies)) {
      const other = folders.get(name);
      if (other !== undefined) visit(other);
    }
  };
  visit('collector');
  return [...needed];
}

test('every file it copies is in the repository, and let through by .dockerignore', () => {
  const letThrough = readText('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  expect(COPIED.length).toBeGreaterThan(0);
  for (const path of COPIED) {
    expect(existsSync(`${ROOT}${path}`), path).toBe(true);
    expect(
      letThrough.some((top) => path === top || path.startsWith(`${top}/`)),
      path,
    ).toBe(true);
  }
});

test('it has the packages the collector needs, no more', () => {
  const needed = neededFolders();
  const manifests = COPIED.filter((path) => path.endsWith('/package.json'));
  expect(manifests.sort()).toEqual(needed.map((folder) => `${folder}/package.json`).sort());
  const sources = COPIED.filter((path) => path.endsWith('/src'));
  expect(sources.sort()).toEqual(needed.map((folder) => `${folder}/src`).sort());
  expect(COPIED).toContain('clickhouse/migrations');
});

test('the embedded engine stays out: it is optional, and so is every package that it brings', () => {
  const install = textsOf('RUN').find((text) => text.startsWith('npm ci'));
  expect(install).toContain('--omit=dev --omit=optional --ignore-scripts');
  const { packages } = lockSchema.parse(JSON.parse(readText('package-lock.json')));
  const engine = Object.entries(packages).filter(([name]) => /node_modules\/@?chdb\b/.test(name));
  expect(engine.length).toBeGreaterThan(0);
  for (const [name, { optional }] of engine) expect(optional, name).toBe(true);
});

test('the Node of both stages is the one the repository is tested with', () => {
  const images = textsOf('FROM').map((text) => text.split(' ')[0]);
  const node = `node:${ROOT_MANIFEST.dependencies['node']}-bookworm-slim`;
  expect(images).toEqual([node, node]);
});

test('the collector is not root, and gets signals itself', () => {
  expect(textsOf('USER')).toEqual(['node']);
  expect(textsOf('ENTRYPOINT')).toEqual(['["node", "/app/collector/src/main.ts"]']);
  expect(existsSync(`${ROOT}collector/src/main.ts`)).toBe(true);
});

describe('its variables', () => {
  const { MALLOC_ARENA_MAX, MALLOC_MMAP_THRESHOLD_, NODE_ENV, ...ours } = imageEnvironment();

  test('keep memory as the launcher does', () => {
    expect({ MALLOC_ARENA_MAX, MALLOC_MMAP_THRESHOLD_ }).toEqual(
      JSON.parse(readText('scripts/collector-env.json')),
    );
    expect(NODE_ENV).toBe('production');
  });

  test('are the collector’s, with values it takes', () => {
    for (const [variable, value] of Object.entries(ours)) {
      const spec = Object.values(OPTIONS).find(({ env }) => env === variable);
      expect(spec?.schema.safeParse(value).success, `${variable}=${value}`).toBe(true);
    }
    expect(textsOf('VOLUME')).toEqual([ours['AICOST_DATA_DIR']]);
  });
});

test('its health is a path of the API, on the port it listens on', () => {
  const [health = ''] = textsOf('HEALTHCHECK');
  const url = new URL(/fetch\('([^']+)'\)/.exec(health)?.[1] ?? '');
  expect(openApiDocument('0')).toHaveProperty(['paths', url.pathname]);
  expect(imageEnvironment()['AICOST_HTTP']).toBe(`0.0.0.0:${url.port}`);
});
