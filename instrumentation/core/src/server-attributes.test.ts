import type { Attributes } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { fillServer } from './server-attributes.ts';

test.for<[string | undefined, Attributes]>([
  ['https://api.anthropic.com', { 'server.address': 'api.anthropic.com', 'server.port': 443 }],
  ['https://proxy.example:8443/v1', { 'server.address': 'proxy.example', 'server.port': 8443 }],
  ['http://127.0.0.1:4000', { 'server.address': '127.0.0.1', 'server.port': 4000 }],
  ['http://gateway', { 'server.address': 'gateway', 'server.port': 80 }],
  ['https://[::1]:9000', { 'server.address': '::1', 'server.port': 9000 }],
  ['no url', {}],
  [undefined, {}],
])('calls to %s tell their server', ([url, expected]) => {
  for (let n = 0; n < 2; n++) {
    const attributes: Attributes = {};
    fillServer(attributes, url);
    expect(attributes).toEqual(expected);
  }
});
