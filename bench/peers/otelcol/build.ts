/** Builds an OpenTelemetry Collector of a manifest.yaml from Go modules, once; what is built is not committed. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BUILDER = 'go.opentelemetry.io/collector/cmd/builder@v0.161.0';
/** The name that the builder gives the program stands in the manifest. */
const PROGRAM_NAME = /^ {2}name: (\S+)$/m;

/** Places of `go` beside the path. */
const GO = ['go', '/usr/local/go/bin/go'];

/**
 * The program of the manifest in a directory, in its `dist/`, which git ignores; undefined where there is no Go.
 * @throws Error when it cannot be built
 */
export function builtCollector(
  directory: string,
  progress: (text: string) => void,
): string | undefined {
  const [built, manifest] = [join(directory, 'dist'), join(directory, 'manifest.yaml')];
  const text = readFileSync(manifest, 'utf8');
  const program = join(built, PROGRAM_NAME.exec(text)?.[1] ?? '');
  const stamp = join(built, 'manifest.yaml');
  if (existsSync(program) && existsSync(stamp) && isSame(stamp, manifest)) return program;
  const go = GO.find((name) => spawnSync(name, ['version']).status === 0);
  if (go === undefined) return undefined;
  progress('building the OpenTelemetry Collector from Go modules; this takes minutes, once');
  mkdirSync(built, { recursive: true });
  const config = join(built, 'builder.yaml');
  writeFileSync(config, withOutput(text, built));
  const line = ['run', BUILDER, '--config', config];
  const { status } = spawnSync(go, line, { cwd: built, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`the builder ended with ${status}`);
  copyFileSync(manifest, stamp);
  return program;
}

const isSame = (a: string, b: string): boolean =>
  readFileSync(a, 'utf8') === readFileSync(b, 'utf8');

/** The builder is told only in its manifest where its output goes, and without a word takes a folder of its own. */
const withOutput = (manifest: string, built: string): string =>
  manifest.replace(/^dist:$/m, `dist:\n  output_path: ${JSON.stringify(built)}`);
