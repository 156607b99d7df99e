/** The package.json that is published, from the one of the workspace. */

export interface SourceManifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly license?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly repository?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  /** `.` and other entries name a source; `./*.ts` is for the workspace alone. */
  readonly exports?: Readonly<Record<string, string>>;
}

export interface PublishedFrom {
  /** Of the repository. */
  readonly root: SourceManifest;
  /** Below instrumentation/. */
  readonly folder: string;
  /** Sources, such as `call-span.ts`, that other packages of ours import. */
  readonly modules: readonly string[];
}

/** What runs when it is loaded, and must not be left out by a bundler. */
const ACTING = ['./register.js', './command.js', './exit-sender.js'];

export function publishedManifest(
  source: SourceManifest,
  { root, folder, modules }: PublishedFrom,
): Record<string, unknown> {
  const { name, version, description, license, engines, bin } = source;
  const { dependencies, peerDependencies } = source;
  const manifest = {
    name,
    version,
    description,
    keywords: ['opentelemetry', 'llm', 'genai', 'cost', 'tokens'],
    license,
    repository: root.repository && { ...root.repository, directory: `instrumentation/${folder}` },
    type: 'module',
    engines: engines ?? root.engines,
    exports: publishedExports(source.exports ?? {}, modules),
    bin: bin && mapValues(bin, (path) => built(path).slice(2)),
    files: ['**/*.js', '**/*.d.ts', '**/*.js.map'],
    sideEffects: Object.keys(bin ?? {}).length > 0 ? ACTING : false,
    dependencies,
    peerDependencies,
    publishConfig: { access: 'public' },
  };
  return Object.fromEntries(Object.entries(manifest).filter(([, value]) => value !== undefined));
}

/** Entry by entry, types before code as Node wants it. */
function publishedExports(
  sources: Readonly<Record<string, string>>,
  modules: readonly string[],
): Record<string, unknown> {
  const entries = Object.entries(sources).filter(([entry]) => !entry.includes('*'));
  const shared = modules.map((module): [string, string] => [
    `./${module.replace(/\.ts$/, '.js')}`,
    `./src/${module}`,
  ]);
  const exported = [...entries, ...shared.toSorted()].map(([entry, path]) => {
    const code = built(path);
    return [entry, { types: code.replace(/\.js$/, '.d.ts'), default: code }];
  });
  return { ...Object.fromEntries(exported), './package.json': './package.json' };
}

/** `./src/x.ts` → `./x.js`. */
const built = (source: string): string =>
  source.replace(/^\.\/src\//, './').replace(/\.ts$/, '.js');

const mapValues = (
  record: Readonly<Record<string, string>>,
  change: (value: string) => string,
): Record<string, string> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
