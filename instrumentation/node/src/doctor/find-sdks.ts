/** Which SDKs the application in a folder has, as Node would resolve them from there. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { INSTRUMENTED_SDKS } from '../instrumented-sdks.ts';

export interface FoundSdk {
  /** The npm package. */
  readonly sdk: string;
  /** Undefined: it is not installed. */
  readonly version: string | undefined;
  /** `instrumented`: its calls become spans. `not watched`: they do not, for its version is none that is known. */
  readonly state: 'instrumented' | 'not watched' | 'switched off' | 'not installed';
  /** Those that are watched, as ranges of npm. */
  readonly versions: readonly string[];
}

/** One for each SDK that is known. `isOn`: whether the environment leaves its instrumentation on. */
export function findSdks(folder: string, isOn: (name: string) => boolean): FoundSdk[] {
  return INSTRUMENTED_SDKS.map(({ name, sdk, versions }) => {
    const version = installedVersion(folder, sdk);
    if (version === undefined) return { sdk, version, state: 'not installed', versions };
    if (!isOn(name)) return { sdk, version, state: 'switched off', versions };
    const isWatched = versions.some((range) => isWithin(version, range));
    return { sdk, version, state: isWatched ? 'instrumented' : 'not watched', versions };
  });
}

/** `range` is of the one kind that instrumentations have: `>=4.19.0 <8`. */
function isWithin(version: string, range: string): boolean {
  const [from, before] = range.split(' <');
  const isFrom = compareVersions(version, from!.replace('>=', '')) >= 0;
  return isFrom && compareVersions(version, before!) < 0;
}

/** What is said of a release before the first one, such as `-beta.1`, is not looked at. */
function compareVersions(one: string, other: string): number {
  const [ours, theirs] = [one, other].map((text) => text.split('-')[0]!.split('.').map(Number));
  const places = [0, 1, 2].map((at) => (ours![at] ?? 0) - (theirs![at] ?? 0));
  return places.find((difference) => difference !== 0) ?? 0;
}

/** Not by require.resolve: most packages do not export their package.json. */
function installedVersion(folder: string, sdk: string): string | undefined {
  const version = versionIn(join(folder, 'node_modules', sdk));
  const parent = dirname(folder);
  return version ?? (parent === folder ? undefined : installedVersion(parent, sdk));
}

function versionIn(folder: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof version === 'string' ? version : undefined;
  } catch {
    // No such package here, or none that Node could load.
    return undefined;
  }
}
