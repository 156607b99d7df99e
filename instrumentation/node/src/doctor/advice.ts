/** What to do about spans that do not arrive, in the order a person would try it. */
import type { SendOutcome } from '../span-sender.ts';

const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT';

const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: `Start the collector there, or set ${ENDPOINT} to where it is.`,
  ENOTFOUND: `There is no such host. Check ${ENDPOINT}.`,
  EAI_AGAIN: `The name of the host cannot be looked up. Check ${ENDPOINT} and the network.`,
  ETIMEDOUT: `Something on the way swallows the request: a firewall, or a wrong address in ${ENDPOINT}.`,
  ECONNRESET: `Whatever listens there hangs up: check the port in ${ENDPOINT}, and http against https.`,
  EPROTO: `It does not speak TLS there: try http:// in ${ENDPOINT}.`,
  HPE_INVALID_CONSTANT: `It does not speak HTTP there: the port may be the one of gRPC, or need https.`,
};

const CERTIFICATE =
  'The certificate is none that Node trusts: OTEL_EXPORTER_OTLP_CERTIFICATE names a file with the authority to trust.';

const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'Something there does not read OTLP as it is written here. Check OTEL_EXPORTER_OTLP_PROTOCOL.',
  401: 'Give a key: OTEL_EXPORTER_OTLP_HEADERS=x-api-key=<key>. `aicost keys create --scopes ingest` makes one.',
  403: 'The key may not send: it needs the scope ingest. `aicost keys create --scopes ingest` makes one that may.',
  404: `There is no OTLP under this path: ${ENDPOINT} is the address without /v1/traces.`,
  405: `There is no OTLP under this path: ${ENDPOINT} is the address without /v1/traces.`,
  415: 'It does not take this encoding: try OTEL_EXPORTER_OTLP_PROTOCOL=http/json.',
  429: 'It takes no more at the moment, or the tenant sends more than it may: `aicost tenants limits show`.',
  503: 'It is there and cannot keep spans now. Its /readyz says which part is not well.',
};

/** The next step; undefined where nothing is wrong, or nothing better is known than the reason itself. */
export function adviceFor(outcome: SendOutcome, url: string): string | undefined {
  const { status } = outcome;
  if (status !== undefined) return BY_STATUS[status];
  const code = outcome.kind === 'later' ? outcome.code : undefined;
  if (code === undefined) return undefined;
  if (/CERT|SIGNATURE/.test(code)) return CERTIFICATE;
  return BY_CODE[code] ?? `Check that ${url} can be reached from here.`;
}
