// `--tls-cert` and `--tls-key`: read, checked, and read again when the files change, so that a renewed certificate
// is used without a restart. Invariant: listeners are only ever given a certificate and a key that belong together.
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigError } from './config-error.ts';
import type { Logger } from './log.ts';

/** PEM texts. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

/** A TLS server, as far as a new certificate is concerned: HTTPS and HTTP/2 alike. */
export interface TakesTlsPair {
  setSecureContext(pair: TlsPair): void;
}

export interface TlsFiles {
  readonly pair: TlsPair;
  /** From now on the server gets each new pair; connections that are open keep theirs. */
  renewFor(server: TakesTlsPair): void;
  /** Looks at the files now; true when there was a new pair and the servers have it. */
  reread(): boolean;
  close(): void;
}

export interface TlsPaths {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Files are looked at this often: links that are switched, as Kubernetes does it, are noticed too. */
const LOOK_EVERY_MS = 5_000;

/** @throws ConfigError naming the option whose file is not what it should be */
export function openTlsFiles(paths: TlsPaths, log: Logger): TlsFiles {
  let pair = readPair(paths);
  const servers = new Set<TakesTlsPair>();
  const reread = (): boolean => {
    try {
      const found = readPair(paths);
      if (found.cert === pair.cert && found.key === pair.key) return false;
      pair = found;
      for (const server of servers) server.setSecureContext(pair);
      log.info({ cert: paths.certFile }, 'the certificate was renewed; new connections use it');
      return true;
    } catch (error) {
      // Two files cannot be replaced in one step: the next look finds both, and until then the old pair serves.
      log.warn({ err: error }, 'the new certificate cannot be used yet; the old one stays');
      return false;
    }
  };
  const files = [paths.certFile, paths.keyFile];
  for (const file of files) {
    watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, reread);
  }
  return {
    get pair() {
      return pair;
    },
    renewFor: (server) => servers.add(server),
    reread,
    close: () => {
      for (const file of files) unwatchFile(file, reread);
    },
  };
}

function readPair({ certFile, keyFile }: TlsPaths): TlsPair {
  const pair = { cert: read(certFile, '--tls-cert'), key: read(keyFile, '--tls-key') };
  check({ cert: pair.cert }, `--tls-cert is "${certFile}"; expected a certificate as PEM.`);
  check({ key: pair.key }, `--tls-key is "${keyFile}"; expected a private key as PEM.`);
  check(pair, `--tls-key is "${keyFile}"; expected the key of --tls-cert, "${certFile}".`);
  return pair;
}

function read(file: string, option: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`${option} is "${file}"; expected a file that can be read.`, {
      cause: error,
    });
  }
}

function check(parts: Partial<TlsPair>, wrong: string): void {
  try {
    createSecureContext(parts);
  } catch (error) {
    throw new ConfigError(wrong, { cause: error });
  }
}
