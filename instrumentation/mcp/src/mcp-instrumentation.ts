/**
 * Watches the clients and servers of `@modelcontextprotocol/sdk`: what one asks and the other answers are spans of one
 * trace, for the context travels in `params._meta`.
 */
import { safely } from '@ai-cost-profiler/core/host-safety.ts';
import {
  InstrumentationBase,
  type InstrumentationConfig,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import { Hook } from 'require-in-the-middle';
import { type ProtocolClass, watchProtocol } from './mcp-protocol.ts';

const SDK = '@modelcontextprotocol/sdk';
/** Of the SDK, those that are watched: others are left alone. */
export const MCP_VERSIONS = ['>=1.0.0 <2'];
/** Clients and servers are both built on it. */
const FILES = [
  'dist/esm/shared/protocol.js',
  'dist/cjs/shared/protocol.js',
  'dist/shared/protocol.js',
];

interface ProtocolModule {
  readonly Protocol?: ProtocolClass;
}

/**
 * The package has no main file, and for such OpenTelemetry's hook of require stands still: these files have one of
 * their own.
 */
const REQUIRED_FILES = FILES.map((file) => `${SDK}/${file.replace(/\.js$/, '')}`);

/** The instrumentation, for `registerInstrumentations`. */
export class McpInstrumentation extends InstrumentationBase {
  /** Without a value of its own, for it is set by the constructor of the base class. */
  declare private requireHook: Hook | undefined;

  constructor(config: InstrumentationConfig = {}) {
    super('@ai-cost-profiler/mcp', '0.1.0', config);
  }

  override enable(): void {
    super.enable();
    this.requireHook ??= new Hook(REQUIRED_FILES, { internals: true }, (exports) =>
      this.watch(exports),
    );
  }

  protected override init(): InstrumentationNodeModuleDefinition[] {
    const watch = (exports: unknown): unknown => this.watch(exports);
    // What is watched stays so: it passes requests on while the instrumentation is disabled.
    const files = FILES.map(
      (file) =>
        new InstrumentationNodeModuleFile(`${SDK}/${file}`, MCP_VERSIONS, watch, () => undefined),
    );
    return [
      new InstrumentationNodeModuleDefinition(SDK, MCP_VERSIONS, undefined, undefined, files),
    ];
  }

  private watch<Exports>(exports: Exports): Exports {
    const { Protocol } = exports as ProtocolModule;
    if (Protocol !== undefined) {
      const tracer = () => (this.isEnabled() ? this.tracer : undefined);
      safely('watching @modelcontextprotocol/sdk', () => watchProtocol(Protocol, tracer));
    }
    return exports;
  }
}
