// The content codings a body may have, the same on every transport. Each decompressor gives its output in small
// steps, so that whoever takes it can stop a bomb long before it has expanded.
import type { Transform } from 'node:stream';
import zlib from 'node:zlib';
import { Problem } from '../problems.ts';

/** What a bomb may overshoot its limit by before it is noticed. */
const STEP_BYTES = 64 * 1024;

/** 8 MiB, which every zstd encoder keeps to by default (RFC 8878 §3.1.1.1.2); more would be held for one body. */
const ZSTD_WINDOW_LOG_MAX = 23;

/** OTLP 1.11 asks for none and gzip; the others are what OpenTelemetry's Collector takes too. */
const DECOMPRESSORS: Readonly<Record<string, (() => Transform) | null>> = {
  '': null,
  identity: null,
  gzip: () => zlib.createGunzip({ chunkSize: STEP_BYTES }),
  'x-gzip': () => zlib.createGunzip({ chunkSize: STEP_BYTES }),
  deflate: () => zlib.createInflate({ chunkSize: STEP_BYTES }),
  zstd: () =>
    zlib.createZstdDecompress({
      chunkSize: STEP_BYTES,
      params: { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX },
    }),
};

/** Whether a body of this coding is sent as it is. */
export function isPlain(coding: string): boolean {
  const name = coding.trim().toLowerCase();
  return Object.hasOwn(DECOMPRESSORS, name) && DECOMPRESSORS[name] === null;
}

/** For headers that tell a client what it may send. */
export const CODINGS = 'gzip, deflate, zstd';

/**
 * The decompressor of a coding, null where there is nothing to do.
 * @throws Problem content_encoding_unsupported: 415 with `accept-encoding` (RFC 9110 §15.5.16) over HTTP, where
 *   OpenTelemetry's Collector says 400, and clients retry neither
 */
export function decompressorFor(coding: string): Transform | null {
  const name = coding.trim().toLowerCase();
  const make = Object.hasOwn(DECOMPRESSORS, name) ? DECOMPRESSORS[name] : undefined;
  if (make === undefined) {
    throw new Problem(
      'content_encoding_unsupported',
      `The encoding is ${JSON.stringify(name.slice(0, 64))}; expected none, gzip, deflate or zstd.`,
      { headers: { 'accept-encoding': CODINGS } },
    );
  }
  return make === null ? null : make();
}
