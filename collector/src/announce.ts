/** What a person reads when the collector is ready: where to send, with which key, and what to do next. */

export interface Places {
  httpUrl: string;
  /** undefined: there is no gRPC listener. */
  grpcUrl: string | undefined;
  /** undefined: there is no SQL listener. */
  sqlUrl: string | undefined;
  /** Absolute. */
  dataDir: string;
  /** Where the key of the first start is kept. */
  keyFile: string;
}

/** `firstKey` is the key that this start made: it is shown this once. Later starts name its file. */
export function announcement(places: Places, firstKey: string | undefined): string {
  const { httpUrl, grpcUrl, sqlUrl, dataDir, keyFile } = places;
  const lines = [
    '',
    `  AI Cost Profiler is ready. Send OpenTelemetry spans to ${httpUrl}:`,
    '',
    `    OTEL_EXPORTER_OTLP_ENDPOINT=${httpUrl}`,
    `    OTEL_EXPORTER_OTLP_HEADERS=x-api-key=${firstKey ?? `$(cat ${keyFile})`}`,
    '',
    ...(firstKey === undefined ? [] : [`  This key is shown once, and kept in ${keyFile}.`]),
    `  Page: ${httpUrl}/`,
    `  gRPC: ${grpcUrl ?? 'off'}`,
    `  SQL:  ${sqlUrl ?? 'off'}`,
    `  Data: ${dataDir}`,
    '',
    '  Next: run "npm run demo" in another terminal to see a bill.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}
