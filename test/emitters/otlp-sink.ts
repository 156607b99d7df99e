/**
 * Where recorders' exporters post to: keeps the bodies of OTLP/HTTP JSON requests as they came. A fixture is one such
 * request, unchanged but for what tells of the machine it was recorded on.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const REPOSITORY = join(import.meta.dirname, '..', '..');
const FIXTURES = join(REPOSITORY, 'collector/src/normalise/fixtures');

export interface OtlpSink {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`; traces go to `/v1/traces` of it. */
  url: string;
  /** The bodies that came since the last take, oldest first. */
  take(): string[];
  close(): Promise<void>;
}

export async function startOtlpSink(): Promise<OtlpSink> {
  let bodies: string[] = [];
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (
        request.url?.endsWith('/v1/traces') === true ||
        request.url?.endsWith('/traces') === true
      ) {
        bodies.push(Buffer.concat(chunks).toString('utf8'));
      }
      reply.writeHead(200, { 'content-type': 'application/json' });
      reply.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    take: () => {
      const taken = bodies;
      bodies = [];
      return taken;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export interface Recording {
  /** Folder of the fixture: the dialect's name with dashes. */
  dialect: string;
  /** File name without `.otlp.json`. */
  name: string;
  emitter: string;
  version: string;
}

/** Writes the one request that was sent, and beside it where it is from; the calls are filled in by the golden test. */
export function keepRecording(
  { dialect, name, emitter, version }: Recording,
  bodies: readonly string[],
): void {
  const [body] = bodies;
  if (body === undefined || bodies.length !== 1) {
    throw new Error(
      `${name}: ${bodies.length} requests were sent, expected one; flush once at the end`,
    );
  }
  const path = join(FIXTURES, dialect, `${name}.otlp.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(JSON.parse(sanitise(body)), undefined, 1)}\n`);
  writeFileSync(
    join(FIXTURES, dialect, `${name}.call.json`),
    `${JSON.stringify({ origin: { kind: 'recorded', emitter, version }, calls: [] }, undefined, 2)}\n`,
  );
}

/** Without paths and names of the machine. */
function sanitise(body: string): string {
  return [
    [REPOSITORY, '/repository'],
    [homedir(), '/home'],
    [tmpdir(), '/tmp-folder'],
    [`"${hostname()}"`, '"host"'],
  ].reduce((text, [own, neutral]) => text.replaceAll(own!, neutral!), body);
}
