/** Builds the OpenTelemetry Collector of manifest.yaml from Go modules, once; what is built is not committed. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BUILDER = 'go.opentelemetry.io/collector/cmd/builder@v0.161.0';
/** `dist/` is ignored by git. */
const BUILT = join(import.meta.dirname, 'dist');
const MANIFEST = join(import.meta.dirname, 'manifest.yaml');

/** Places of `go` beside the path. */
const GO = ['go', '/usr/local/go/bin/go'];

/** The program; undefined where there is no Go. @throws Error when it cannot be built */
export function builtCollector(progress: (text: string) => void): string | undefined {
  const program = join(BUILT, 'otelcol-peer');
  const stamp = join(BUILT, 'manifest.yaml');
  if (existsSync(program) && existsSync(stamp) && isSame(stamp, MANIFEST)) return program;
  const go = GO.find((name) => spawnSync(name, ['version']).status === 0);
  if (go === undefined) return undefined;
  progress('building the OpenTelemetry Collector from Go modules; this takes minutes, once');
  mkdirSync(BUILT, { recursive: true });
  const config = join(BUILT, 'builder.yaml');
  writeFileSync(config, withOutput(readFileSync(MANIFEST, 'utf8')));
  const line = ['run', BUILDER, '--config', config];
  const { status } = spawnSync(go, line, { cwd: BUILT, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`the builder ended with ${status}`);
  copyFileSync(MANIFEST, stamp);
  return program;
}

const isSame = (a: string, b: string): boolean =>
  readFileSync(a, 'utf8') === readFileSync(b, 'utf8');

/** The builder is told only in its manifest where its output goes, and without a word takes a folder of its own. */
const withOutput = (manifest: string): string =>
  manifest.replace(/^dist:$/m, `dist:\n  output_path: ${JSON.stringify(BUILT)}`);
