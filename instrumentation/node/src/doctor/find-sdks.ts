/** Which SDKs the application in a folder has, as Node would resolve them from there. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { INSTRUMENTED_SDKS } from '../instrumented-sdks.ts';

export interface FoundSdk {
  /** The npm package. */
  readonly sdk: string;
  /** Undefined: it is not installed. */
  readonly version: string | undefined;
  /** `instrumented`: its calls become spans. `untested`: they may, its major version is none that is tested. */
  readonly state: 'instrumented' | 'untested' | 'switched off' | 'not installed';
  readonly testedMajors: readonly number[];
}

/** One for each SDK that is known. `isOn`: whether the environment leaves its instrumentation on. */
export function findSdks(folder: string, isOn: (name: string) => boolean): FoundSdk[] {
  return INSTRUMENTED_SDKS.map(({ name, sdk, majors: testedMajors }) => {
    const version = installedVersion(folder, sdk);
    if (version === undefined) return { sdk, version, state: 'not installed', testedMajors };
    if (!isOn(name)) return { sdk, version, state: 'switched off', testedMajors };
    const isTested = testedMajors.includes(Number.parseInt(version, 10));
    return { sdk, version, state: isTested ? 'instrumented' : 'untested', testedMajors };
  });
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
