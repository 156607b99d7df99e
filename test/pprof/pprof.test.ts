/** The short form of `npm run test:pprof`: our bytes tell, field by field, what Go printed when it read them. */
import { expect, test } from 'vitest';
import { recorded, sampleProfile } from './sample-profile.ts';
import { decodeProfile, readRaw } from './told-profile.ts';

test.for([
  ['pprof-raw', false],
  ['pprof-raw-compared', true],
] as const)('a profile tells what go tool pprof printed: %s', async ([name, isCompared]) => {
  const told = readRaw(recorded(name));
  expect(told.samples.length).toBeGreaterThan(1);
  expect(decodeProfile(await sampleProfile({ isCompared }))).toEqual(told);
});
