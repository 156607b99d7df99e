/**
 * Watches the clients and servers of `@modelcontextprotocol/sdk`: what one asks and the other answers are spans of one
 * trace, for the context travels in `params._meta`.
 */
import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import { type ProtocolClass, unwatchProtocol, watchProtocol } from './mcp-protocol.ts';

const SDK = '@modelcontextprotocol/sdk';
const VERSIONS = ['>=1.0.0 <2'];
/** Clients and servers are both built on it. */
const FILES = [
  'dist/esm/shared/protocol.js',
  'dist/cjs/shared/protocol.js',
  'dist/shared/protocol.js',
];

interface ProtocolModule {
  readonly Protocol?: ProtocolClass;
}

/** The instrumentation, for `registerInstrumentations`. */
export class McpInstrumentation extends InstrumentationBase {
  constructor() {
    super('@ai-cost-profiler/mcp', '0.1.0', {});
  }

  protected override init(): InstrumentationNodeModuleDefinition[] {
    const files = FILES.map(
      (file) =>
        new InstrumentationNodeModuleFile(
          `${SDK}/${file}`,
          VERSIONS,
          (module: ProtocolModule) => {
            if (module.Protocol !== undefined) watchProtocol(module.Protocol, () => this.tracer);
            return module;
          },
          (module?: ProtocolModule) => {
            if (module?.Protocol !== undefined) unwatchProtocol(module.Protocol);
          },
        ),
    );
    const passed = (module: unknown): unknown => module;
    return [new InstrumentationNodeModuleDefinition(SDK, VERSIONS, passed, passed, files)];
  }
}
