/** Senders from files: the Collector's YAML, Codex's TOML, settings of Claude Code, properties of Spring. */
import { parse } from 'yaml';
import { z } from 'zod';
import type { Coding } from '../otlp/conformance-case.ts';
import { environmentSender } from './environment-sender.ts';
import { type Sender, urlsBelow } from './sender.ts';

const exporterSchema = z.looseObject({
  endpoint: z.string(),
  headers: z.record(z.string(), z.string()),
  compression: z.enum(['gzip', 'none', 'zstd']).default('gzip'),
});
const collectorSchema = z.looseObject({ exporters: z.record(z.string(), z.unknown()) });

/** The exporters to us of a configuration of the Collector: those that are told a key. */
export function collectorSenders(text: string): Sender[] {
  const found = collectorSchema.safeParse(parse(text));
  return Object.entries(found.data?.exporters ?? {})
    .filter(([name]) => /^otlp_http\/aicost/.test(name))
    .map(([name, settings]) => {
      const { endpoint, headers, compression } = exporterSchema.parse(settings);
      const transport = 'http/protobuf';
      return {
        from: name,
        transport,
        coding: compression,
        headers,
        urls: urlsBelow(endpoint, transport),
      };
    });
}

const codexSchema = z.strictObject({
  endpoint: z.string(),
  protocol: z.enum(['binary', 'json']),
  headers: z.record(z.string(), z.string()),
});

/** Codex sends its log events to `[otel.exporter.otlp-http]`: the address is used as it stands. */
export function codexSenders(text: string): Sender[] {
  const tables = readToml(text);
  const found = tables['otel.exporter.otlp-http'];
  if (found === undefined) return [];
  const headers = tables['otel.exporter.otlp-http.headers'];
  const { endpoint, protocol, headers: told } = codexSchema.parse({ ...found, headers });
  return [
    {
      from: 'config.toml',
      transport: protocol === 'binary' ? 'http/protobuf' : 'http/json',
      coding: 'none',
      headers: told,
      urls: { logs: endpoint },
    },
  ];
}

/** As much of TOML as the page needs: tables, and keys whose values are JSON's too. Quotes around names are dropped. */
export function readToml(
  text: string,
): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const tables: Record<string, Record<string, unknown>> = {};
  let table: Record<string, unknown> = {};
  for (const line of text.split('\n').map((one) => one.replace(/ +#.*$|^#.*$/, '').trim())) {
    const heading = /^\[([^[\]]+)\]$/.exec(line)?.[1];
    const [, key, value] = /^("?[\w-]+"?) = (.+)$/.exec(line) ?? [];
    if (heading !== undefined) {
      table = {};
      tables[heading.replaceAll('"', '')] = table;
    } else if (key !== undefined && value !== undefined) {
      table[key.replaceAll('"', '')] = JSON.parse(value);
    } else if (line !== '') {
      throw new Error(`"${line}" is no table and no key`);
    }
  }
  return tables;
}

const settingsSchema = z.looseObject({ env: z.record(z.string(), z.string()) });

/** The `env` object of Claude Code's settings. */
export function settingsVariables(text: string): Readonly<Record<string, string>> {
  return settingsSchema.safeParse(JSON.parse(text)).data?.env ?? {};
}

export function settingsSenders(text: string): Sender[] {
  const sender = environmentSender('settings.json', settingsVariables(text));
  return sender === undefined ? [] : [sender];
}

/** Of Spring Boot 4 and 3. */
const SPRING = ['management.opentelemetry.tracing.export.otlp', 'management.otlp.tracing'];

/** Spring Boot exports spans alone, to the address as it stands, in protobuf. */
export function springSenders(text: string): Sender[] {
  const properties = new Map(
    [...text.matchAll(/^([\w.-]+)=(.*)$/gm)].map(([, key = '', value = '']) => [key, value]),
  );
  return SPRING.flatMap((prefix) => {
    const endpoint = properties.get(`${prefix}.endpoint`);
    if (endpoint === undefined) return [];
    const headers = [...properties]
      .filter(([key]) => key.startsWith(`${prefix}.headers.`))
      .map(([key, value]) => [key.slice(`${prefix}.headers.`.length), value]);
    const coding: Coding = z.enum(['gzip', 'none']).parse(properties.get(`${prefix}.compression`));
    return [
      {
        from: prefix,
        transport: 'http/protobuf' as const,
        coding,
        headers: Object.fromEntries(headers),
        urls: { traces: endpoint },
      },
    ];
  });
}
