import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { DIALECTS } from './dialects.ts';
import { callJson, type GoldenCalls, listFixtures, normaliseRequest } from './fixture.ts';

const isUpdating = process.env['AICOST_UPDATE_GOLDENS'] === '1';

describe('a golden fixture', () => {
  test.for(
    listFixtures().map((fixture) => [`${fixture.dialect}/${fixture.name}`, fixture] as const),
  )('%s gives the calls that stand beside it', ([, { request, callsPath }]) => {
    const golden = JSON.parse(readFileSync(callsPath, 'utf8')) as GoldenCalls;
    const calls = normaliseRequest(request).map(callJson);
    if (isUpdating) {
      writeFileSync(callsPath, `${JSON.stringify({ ...golden, calls }, undefined, 2)}\n`);
    }
    expect(golden.calls).toEqual(calls);
  });

  it('says whether it was recorded from an emitter or constructed from a source', () => {
    for (const { callsPath } of listFixtures()) {
      const { origin } = JSON.parse(readFileSync(callsPath, 'utf8')) as GoldenCalls;
      const told = origin.kind === 'recorded' ? [origin.emitter, origin.version] : [origin.source];
      expect(
        told.every((text) => text.length > 3),
        callsPath,
      ).toBe(true);
    }
  });

  it('exists for every dialect', () => {
    const covered = new Set(listFixtures().map(({ dialect }) => dialect.replaceAll('-', '_')));
    expect(DIALECTS.filter(({ name }) => !covered.has(name))).toEqual([]);
  });
});
