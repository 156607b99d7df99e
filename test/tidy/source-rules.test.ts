/** No source breaks a rule of source-rules.ts, each rule finds what it forbids, and no exception outlives its need. */
import { describe, expect, test } from 'vitest';
import { listFiles, readJson, readText } from './repository-files.ts';
import { isWithin, judgeSource, SOURCE_RULES } from './source-rules.ts';
import { readSource, readSources } from './source-tree.ts';

const sources = [...readSources().values()];

describe.for(SOURCE_RULES)('$title', (rule) => {
  test('in every source', () => {
    expect(sources.flatMap((source) => judgeSource(rule, source))).toEqual([]);
  });

  test('the rule finds what it forbids', () => {
    expect(rule.find(readSource('collector/src/a.ts', rule.example))).toEqual([1]);
  });

  test('every exception is still needed', () => {
    const stale = Object.keys(rule.allowed).filter((place) => {
      const found = listFiles().filter((path) => isWithin(path, place));
      return !found.some(
        (path) => /\.(ts|cjs)$/.test(path) && rule.find(sourceOf(path)).length > 0,
      );
    });
    expect(stale).toEqual([]);
  });
});

/** The launchers in plain JavaScript are no sources of ours to judge, but an exception may be for them. */
const sourceOf = (path: string) => readSources().get(path) ?? readSource(path, readText(path));

/** What Biome holds already is not looked for again, only that it is still told to. */
const BIOME_RULES: Readonly<Record<string, readonly string[]>> = {
  correctness: ['noUndeclaredDependencies', 'noUnusedImports', 'noUnusedVariables'],
  performance: ['noBarrelFile', 'noReExportAll'],
  style: ['useFilenamingConvention', 'useImportType', 'noProcessEnv'],
  suspicious: ['noConsole', 'noExplicitAny', 'noImportCycles'],
  nursery: ['noFloatingPromises', 'noMisusedPromises', 'useExhaustiveSwitchCases'],
};
/** The only rules that a part of the tree may be freed from. */
const FREED = ['noUndeclaredDependencies', 'noProcessEnv'];

type Groups = Readonly<
  Record<string, Readonly<Record<string, string | { readonly level: string }>>>
>;
interface BiomeSettings {
  readonly linter: { readonly rules: Groups };
  readonly overrides: readonly { readonly linter?: { readonly rules?: Groups } }[];
}

describe('Biome', () => {
  const { linter, overrides } = readJson<BiomeSettings>('biome.json');

  test.for(
    Object.entries(BIOME_RULES).flatMap(([group, rules]) => rules.map((rule) => [group, rule])),
  )('holds %s/%s as an error', ([group, rule]) => {
    const setting = linter.rules[group!]?.[rule!];
    expect(typeof setting === 'object' ? setting.level : setting).toBe('error');
  });

  test('frees a part of the tree only from the rules named here', () => {
    const freed = overrides.flatMap((one) =>
      Object.values(one.linter?.rules ?? {}).flatMap((group) => Object.keys(group)),
    );
    expect(freed.filter((rule) => !FREED.includes(rule))).toEqual([]);
  });
});
