// Finds the key of a request in its headers, wherever an exporter or a browser may have put it.
import type { HeaderValues } from '../access.ts';

/**
 * The key a request presents: `x-api-key`, `Authorization: Bearer …`, or the password of Basic, in this order.
 * @returns undefined when the request presents none. The text is not checked: it may be anything.
 */
export function presentedKey(headers: HeaderValues): string | undefined {
  const direct = headers['x-api-key'];
  if (typeof direct === 'string' && direct.trim() !== '') return direct.trim();
  const authorization = headers['authorization'];
  if (typeof authorization !== 'string') return undefined;
  const match = /^(bearer|basic) +(\S+)$/i.exec(authorization.trim());
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return match[1].toLowerCase() === 'bearer' ? match[2] : basicPassword(match[2]);
}

/** RFC 7617: base64 of `user:password`; the user is free and a password may hold colons. */
function basicPassword(encoded: string): string | undefined {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const password = colon < 0 ? '' : text.slice(colon + 1);
  return password === '' ? undefined : password;
}
