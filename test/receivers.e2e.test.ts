/** Foreign clients on the ways in that need more than the default: gRPC and HTTP with TLS, a page of another origin. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCertificate, writeCertificate } from '@ai-cost-profiler/collector/test-certificate.ts';
import { credentials, Metadata } from '@grpc/grpc-js';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { SimpleSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, type StartedCollector, startCollector } from './start-collector.ts';

const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));
const PAGE = 'https://app.example.com';
/** 600 tokens at $2.50 a million, 400 cached at $1.25, 500 at $10. */
const COST = '0.007';
const CALL = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o-2024-08-06',
  'gen_ai.usage.input_tokens': 1000,
  'gen_ai.usage.cache_read.input_tokens': 400,
  'gen_ai.usage.output_tokens': 500,
};

const directory = mkdtempSync(join(tmpdir(), 'aicost-tls-'));
const certificate = makeCertificate();
let collector: StartedCollector;

beforeAll(async () => {
  const { certFile, keyFile } = writeCertificate(directory, certificate);
  const tls = ['--tls-cert', certFile, '--tls-key', keyFile];
  collector = await startCollector([...tls, '--cors-origins', `${PAGE},http://localhost:3000`]);
});

afterAll(async () => {
  expect(await collector.stop()).toBe(0);
  rmSync(directory, { recursive: true });
});

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** Over TLS, trusting only the certificate that the collector was given. */
function ask(url: string, { method = 'GET', headers = {}, body = '' }: Asked = {}) {
  const options = { method, headers, ca: certificate.cert, agent: false as const };
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const outgoing = httpsRequest(url, options, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        incoming.on('end', () => {
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
        });
      });
      outgoing.on('error', reject).end(body);
    },
  );
}

const withKey = () => ({ 'x-api-key': collector.key });

describe('a collector with a certificate', () => {
  test.for([CompressionAlgorithm.NONE, CompressionAlgorithm.GZIP])(
    'bills the call that the official gRPC exporter sends over TLS, compression %s',
    async (compression) => {
      const feature = `grpc ${compression}`;
      const metadata = new Metadata();
      metadata.set('x-api-key', collector.key);
      const exporter = new GrpcExporter({
        url: `https://${collector.grpcTarget}`,
        credentials: credentials.createSsl(Buffer.from(certificate.cert)),
        metadata,
        compression,
      });
      const provider = new TracerProvider({
        resource: resourceFromAttributes({ 'service.name': 'grpc-test' }),
        spanProcessors: [
          new SimpleSpanProcessor({ exporter: exporter as unknown as SpanExporter }),
        ],
      });
      const attributes = { ...CALL, 'aicost.feature': feature };
      provider.getTracer('test').startSpan('chat gpt-4o', { attributes }).end();
      await provider.shutdown();
      const path = `/api/v1/costs/breakdown?from=now-1h&to=now&by=feature&feature=${feature}`;
      const { text } = await eventually(
        () => ask(collector.url + path.replaceAll(' ', '%20'), { headers: withKey() }),
        (answer) => answer.text.includes('"rows":[{'),
      );
      expect(JSON.parse(text).rows).toMatchObject([{ feature, calls: 1, cost_usd: COST }]);
    },
  );

  test('serves HTTP and SQL over TLS', async () => {
    expect(collector.url).toMatch(/^https:/);
    expect((await ask(`${collector.url}/readyz`)).status).toBe(200);
    const sent = { method: 'POST', headers: withKey(), body: 'SELECT 40 + 2' };
    expect((await ask(collector.sqlUrl, sent)).text.trim()).toBe('42');
  });

  test('is found by subcommands of the machine, which need not trust its certificate', () => {
    const args = [MAIN, 'keys', 'list', '--json', '--data-dir', collector.dataDir];
    const keys = execFileSync(process.execPath, args, { encoding: 'utf8' });
    expect(keys).toContain('operator');
    const { http } = JSON.parse(readFileSync(join(collector.dataDir, 'collector.json'), 'utf8'));
    expect(http).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });
});

describe('a page of an origin that may send', () => {
  const preflight = (origin: string, path = '/v1/traces') =>
    ask(collector.url + path, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });

  test('is told so before it sends, and may read when to come back', async () => {
    const { status, headers } = await preflight(PAGE);
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': expect.stringContaining('x-api-key'),
      vary: 'origin',
    });
    const sent = { origin: PAGE, 'content-type': 'application/json', ...withKey() };
    const answer = await ask(`${collector.url}/v1/traces`, {
      method: 'POST',
      headers: sent,
      body: '{}',
    });
    expect(answer).toMatchObject({ status: 200, text: '{}' });
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-expose-headers': 'retry-after, x-request-id',
    });
  });

  test('is refused from another origin, and elsewhere than at /v1/', async () => {
    const other = await preflight('https://evil.example.com');
    expect(other.status).toBe(405);
    expect(other.headers).not.toHaveProperty('access-control-allow-origin');
    const api = await preflight(PAGE, '/api/v1/costs/breakdown');
    expect(api.headers).not.toHaveProperty('access-control-allow-origin');
  });
});
