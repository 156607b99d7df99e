/** protobufjs-cli's static module of OTLP's trace request, as a project would generate it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { protoFile } from '@ai-cost-profiler/collector/decode/fixtures/otlp-oracle.ts';
import pbjs from 'protobufjs-cli/pbjs.js';

/** The part of a decoded request that the benchmarks read. */
export interface DecodedRequest {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly DecodedSpan[] }[];
  }[];
}

interface DecodedSpan {
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: { intValue?: unknown } }[];
}

export async function staticDecoder(): Promise<(bytes: Uint8Array) => DecodedRequest> {
  const generate = promisify(pbjs.main);
  const source = await generate(['-t', 'static-module', '-w', 'commonjs', protoFile]);
  const require = createRequire(import.meta.url);
  const folder = mkdtempSync(join(tmpdir(), 'aicost-bench-'));
  try {
    const file = join(folder, 'static.cjs');
    const runtime = JSON.stringify(require.resolve('protobufjs/minimal.js'));
    writeFileSync(
      file,
      String(source).replace(/require\("protobufjs\/minimal(\.js)?"\)/, `require(${runtime})`),
    );
    const { otlp } = require(file) as {
      otlp: { ExportTraceServiceRequest: { decode(bytes: Uint8Array): DecodedRequest } };
    };
    return (bytes) => otlp.ExportTraceServiceRequest.decode(bytes);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
