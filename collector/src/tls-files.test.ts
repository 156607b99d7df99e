import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Listener } from './bind.ts';
import { createLog } from './log.ts';
import { makeCertificate, writeCertificate } from './test-certificate.ts';
import { listenForTest } from './test-listen.ts';
import { openTlsFiles, type TlsFiles, type TlsPaths } from './tls-files.ts';

const log = createLog('silent', process.stderr);
const first = makeCertificate();
const second = makeCertificate();

let directory: string;
let paths: TlsPaths;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'aicost-tls-'));
  paths = writeCertificate(directory, first);
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('files that are not a certificate with its key', () => {
  test.for([
    [
      'no certificate',
      { cert: 'x' },
      /^--tls-cert is ".*cert\.pem"; expected a certificate as PEM\.$/,
    ],
    ['no key', { key: 'x' }, /^--tls-key is ".*key\.pem"; expected a private key as PEM\.$/],
    ['the key of another', { key: second.key }, /^--tls-key is .*expected the key of --tls-cert/],
  ] as const)('are refused by the name of the option: %s', ([, changed, message]) => {
    writeCertificate(directory, { ...first, ...changed });
    expect(() => openTlsFiles(paths, log)).toThrow(message);
  });

  test('are refused when they are not there', () => {
    rmSync(paths.certFile);
    expect(() => openTlsFiles(paths, log)).toThrow(
      /^--tls-cert is ".*"; expected a file that can be read\.$/,
    );
  });
});

describe('a listener with a certificate', () => {
  let tls: TlsFiles;
  let listener: Listener;

  beforeEach(async () => {
    tls = openTlsFiles(paths, log);
    listener = await listenForTest((_request, response) => void response.end('ok'), { tls });
  });
  afterEach(async () => {
    tls.close();
    await listener.close(AbortSignal.abort());
  });

  /** Whether a client that trusts only this certificate gets through. */
  function isServed(cert: string): Promise<boolean> {
    const { port } = listener.address;
    return new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', ca: cert });
      socket.once('secureConnect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('secureConnect', () => socket.destroy());
    });
  }

  test('serves it, and after a renewal the new one, without a restart', async () => {
    expect([await isServed(first.cert), await isServed(second.cert)]).toEqual([true, false]);
    writeCertificate(directory, second);
    expect(tls.reread()).toBe(true);
    expect([await isServed(first.cert), await isServed(second.cert)]).toEqual([false, true]);
    expect(tls.reread()).toBe(false);
  });

  test('keeps the old one while the files do not belong together', async () => {
    writeFileSync(paths.certFile, second.cert);
    expect(tls.reread()).toBe(false);
    expect(await isServed(first.cert)).toBe(true);
    writeFileSync(paths.keyFile, second.key);
    expect(tls.reread()).toBe(true);
    expect(await isServed(second.cert)).toBe(true);
  });

  test('leaves a plain HTTP request to it without an answer, and goes on', async () => {
    await expect(fetch(`http://127.0.0.1:${listener.address.port}/`)).rejects.toThrow();
    expect(await isServed(first.cert)).toBe(true);
  });
});
