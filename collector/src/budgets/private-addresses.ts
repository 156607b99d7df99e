/**
 * Where a webhook may go. A tenant chooses the URL and the collector calls it from inside somebody's network, so that
 * addresses which only mean something there are refused, unless the operator allows them.
 * Invariant: the address that is checked is the one that is connected to; a name is looked up once for both.
 */
import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

// Two lists: one would hold an IPv4 address against the rules of IPv6 as well.
const PRIVATE_V4 = new BlockList();
const PRIVATE_V6 = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  PRIVATE_V4.addSubnet(network, bits, 'ipv4');
}
// Only 2000::/3 is routed in the open; of it, what carries an IPv4 address inside could carry any of the above.
for (const [network, bits] of [
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  PRIVATE_V6.addSubnet(network, bits, 'ipv6');
}

/** Whether an address is anything but a public unicast one; IPv4 in IPv6 counts as private. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return true;
  return family === 4 ? PRIVATE_V4.check(address, 'ipv4') : PRIVATE_V6.check(address, 'ipv6');
}

const URL_CHARS_MAX = 2048;

/** Why a URL cannot be a webhook's; undefined: it can. Names are judged again, by address, whenever they are called. */
export function refuseUrl(text: string, mayBePrivate: boolean): string | undefined {
  if (text.length > URL_CHARS_MAX) return `expected at most ${URL_CHARS_MAX} characters`;
  if (!URL.canParse(text)) return 'expected a URL such as https://example.com/hook';
  const { protocol, username, password, hash, hostname } = new URL(text);
  const isSafe = protocol === 'https:' || (mayBePrivate && protocol === 'http:');
  if (!isSafe) return 'expected https (http only with --webhook-private-addresses on)';
  if (username !== '' || password !== '') return 'expected no user and password in it';
  if (hash !== '') return 'expected no fragment';
  const host = hostOf(hostname);
  if (mayBePrivate || isIP(host) === 0 || !isPrivateAddress(host)) return undefined;
  return 'expected a public address (--webhook-private-addresses on allows others)';
}

/** A host as the system takes it: brackets belong to URLs. */
export const hostOf = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

/**
 * A lookup that gives public addresses only. Where a name has none it fails alike, whether there is such a name or not:
 * whoever chooses URLs learns nothing of the names inside.
 */
export const lookupPublic: LookupFunction = (hostname, options, done) => {
  systemLookup(hostname, { ...options, all: true }, (error, found) => {
    if (error !== null) return done(new PrivateAddressError(hostname), '');
    const open = found.filter(({ address }) => !isPrivateAddress(address));
    const [first] = open;
    if (first === undefined) return done(new PrivateAddressError(hostname), '');
    if (options.all === true) return done(null, open);
    return done(null, first.address, first.family);
  });
};

export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError';

  constructor(host: string) {
    super(`${host} has no public address that could be found`);
  }
}
