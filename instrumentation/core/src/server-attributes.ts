/** Where a client's calls go, as attributes. */
import type { Attributes } from '@opentelemetry/api';
import { ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT } from './semconv.ts';

const KNOWN_MAX = 100;

/** Applications use few: none is parsed twice. */
const known = new Map<string, Attributes>();

/** Fills in the host and the port of `url`. What is no URL tells nothing. */
export function fillServer(attributes: Attributes, url: string | undefined): void {
  if (url === undefined) return;
  let server = known.get(url);
  if (server === undefined) {
    server = serverOf(url);
    if (known.size < KNOWN_MAX) known.set(url, server);
  }
  Object.assign(attributes, server);
}

function serverOf(url: string): Attributes {
  if (!URL.canParse(url)) return {};
  const { hostname, port, protocol } = new URL(url);
  const standardPort = protocol === 'http:' ? 80 : 443;
  return {
    // An address of IPv6 stands in brackets in a URL only.
    [ATTR_SERVER_ADDRESS]: hostname.replace(/^\[(.*)\]$/, '$1'),
    [ATTR_SERVER_PORT]: port === '' ? standardPort : Number(port),
  };
}
