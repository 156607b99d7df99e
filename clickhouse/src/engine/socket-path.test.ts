import { expect, test } from 'vitest';
import { socketPathFor } from './socket-path.ts';

test.for([
  ['a short directory holds its socket', '/data/aicost', '/data/aicost/engine.sock'],
  ['a name of many bytes counts by bytes', `/${'ä'.repeat(50)}`, null],
  ['a long directory has its socket elsewhere', `/${'x'.repeat(100)}`, null],
] as const)('%s', ([, directory, expected]) => {
  const path = socketPathFor(directory, '/tmp');
  expect(path).toMatch(expected === null ? /^\/tmp\/aicost-[0-9a-f]{16}\.sock$/ : expected);
  expect(Buffer.byteLength(path)).toBeLessThan(104);
});
