/** A sender from variables, read as the exporter that looks at them reads them. */
import { z } from 'zod';
import type { Coding, Signal, Transport } from '../otlp/conformance-case.ts';
import { type Sender, SIGNALS, urlsBelow } from './sender.ts';

export type Variables = Readonly<Record<string, string>>;

/** The base address, by who reads it. */
const ENDPOINTS = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'GEMINI_TELEMETRY_OTLP_ENDPOINT',
  'TRACELOOP_BASE_URL',
];
const HEADERS = ['OTEL_EXPORTER_OTLP_HEADERS', 'TRACELOOP_HEADERS'];
const PROTOCOLS = ['OTEL_EXPORTER_OTLP_PROTOCOL', 'GEMINI_TELEMETRY_OTLP_PROTOCOL'];
const TRANSPORTS: Readonly<Record<string, Transport>> = {
  'http/protobuf': 'http/protobuf',
  'http/json': 'http/json',
  http: 'http/protobuf',
  grpc: 'grpc',
};
const codingSchema = z.enum(['none', 'gzip']).default('none');

/** `export NAME=value` lines of a shell. */
export function readShell(text: string): Variables {
  return Object.fromEntries(
    [...text.matchAll(/^export ([A-Z0-9_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [
      name,
      value.replace(/ +#.*$/, '').replace(/^(["'])(.*)\1$/, '$2'),
    ]),
  );
}

/** @returns undefined where no variable says where to send */
export function environmentSender(from: string, variables: Variables): Sender | undefined {
  const first = (names: readonly string[]) =>
    names.map((name) => variables[name]).find((value) => value !== undefined);
  const base = first(ENDPOINTS);
  if (base === undefined) return undefined;
  const transport = transportOf(first(PROTOCOLS), variables);
  return {
    from,
    transport,
    coding: codingOf(variables, transport),
    headers: readHeaders(first(HEADERS) ?? ''),
    urls: urlsBelow(base, transport, sentSignals(variables)),
  };
}

/** OpenLLMetry takes HTTP for an address with a scheme; all others are told the protocol on our pages. */
function transportOf(protocol: string | undefined, variables: Variables): Transport {
  const transport = TRANSPORTS[protocol ?? ''];
  if (transport !== undefined) return transport;
  if (protocol === undefined && variables['TRACELOOP_BASE_URL'] !== undefined) {
    return 'http/protobuf';
  }
  throw new Error(`the protocol is "${protocol}": defaults differ by language, so pages say it`);
}

/** Gemini CLI compresses over gRPC whatever the variables say. */
function codingOf(variables: Variables, transport: Transport): Coding {
  const isGemini = variables['GEMINI_TELEMETRY_OTLP_ENDPOINT'] !== undefined;
  if (isGemini && transport === 'grpc') return 'gzip';
  return codingSchema.parse(variables['OTEL_EXPORTER_OTLP_COMPRESSION']);
}

/** Comma-separated `name=value` pairs, percent-encoded as in W3C Baggage. */
export function readHeaders(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text
      .split(',')
      .filter((pair) => pair.trim() !== '')
      .map((pair) => {
        const at = pair.indexOf('=');
        if (at < 1) throw new Error(`"${pair}" is no name=value`);
        return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
      }),
  );
}

/** Claude Code sends what is switched on, OpenLLMetry no logs, SDKs what is not switched off. */
function sentSignals(variables: Variables): Signal[] {
  const exporter = (signal: Signal) => variables[`OTEL_${signal.toUpperCase()}_EXPORTER`];
  if (variables['CLAUDE_CODE_ENABLE_TELEMETRY'] === '1') {
    const hasTraces = variables['CLAUDE_CODE_ENHANCED_TELEMETRY_BETA'] === '1';
    return SIGNALS.filter((one) => exporter(one) === 'otlp' && (one !== 'traces' || hasTraces));
  }
  if (variables['TRACELOOP_BASE_URL'] !== undefined) {
    return variables['TRACELOOP_METRICS_ENABLED'] === 'false' ? ['traces'] : ['traces', 'metrics'];
  }
  return SIGNALS.filter((one) => (exporter(one) ?? 'otlp') === 'otlp');
}
