import { describe, expect, test } from 'vitest';
import { isPrivateAddress, refuseUrl } from './private-addresses.ts';

describe('an address', () => {
  test.for([
    ['8.8.8.8', false],
    ['1.1.1.1', false],
    ['172.15.255.255', false],
    ['172.32.0.0', false],
    ['2606:4700:4700::1111', false],
    ['2a00:1450:4001::200e', false],
    ['0.0.0.0', true],
    ['10.1.2.3', true],
    ['100.64.0.1', true],
    ['127.0.0.1', true],
    ['127.255.255.254', true],
    ['169.254.169.254', true],
    ['172.16.0.1', true],
    ['172.31.255.255', true],
    ['192.168.1.1', true],
    ['198.18.0.1', true],
    ['224.0.0.1', true],
    ['255.255.255.255', true],
    ['::', true],
    ['::1', true],
    ['::ffff:8.8.8.8', true],
    ['::ffff:169.254.169.254', true],
    ['64:ff9b::a9fe:a9fe', true],
    ['2001:0:a9fe:a9fe::1', true],
    ['2002:a9fe:a9fe::1', true],
    ['2001:db8::1', true],
    ['fc00::1', true],
    ['fd00:ec2::254', true],
    ['fe80::1', true],
    ['fe80::1%lo', true],
    ['ff02::1', true],
    ['no address', true],
  ] as const)('%s is private: %s', ([address, isPrivate]) => {
    expect(isPrivateAddress(address)).toBe(isPrivate);
  });
});

describe('the URL of a webhook', () => {
  test.for([
    ['https://example.com/hook?a=b', undefined],
    ['https://example.com:8443/', undefined],
    ['https://93.184.216.34/', undefined],
    ['http://example.com/', 'expected https (http only with --webhook-private-addresses on)'],
    ['ftp://example.com/', 'expected https (http only with --webhook-private-addresses on)'],
    ['file:///etc/passwd', 'expected https (http only with --webhook-private-addresses on)'],
    ['example.com', 'expected a URL such as https://example.com/hook'],
    ['https://user:word@example.com/', 'expected no user and password in it'],
    ['https://example.com/#x', 'expected no fragment'],
    // However an address is written, the URL has it in one form.
    ...[
      '127.0.0.1',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      '127.1',
      '[::1]',
      '169.254.169.254',
    ].map(
      (host) =>
        [
          `https://${host}/`,
          'expected a public address (--webhook-private-addresses on allows others)',
        ] as const,
    ),
    [`https://example.com/${'a'.repeat(2048)}`, 'expected at most 2048 characters'],
  ] as const)('%s: %s', ([url, why]) => {
    expect(refuseUrl(url, false)).toBe(why);
  });

  test('may be private and without TLS where the operator allows it', () => {
    expect(refuseUrl('http://10.0.0.7:9000/hook', true)).toBeUndefined();
    expect(refuseUrl('ftp://10.0.0.7/', true)).toContain('expected https');
  });
});
