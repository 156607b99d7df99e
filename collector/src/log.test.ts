import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createLog } from './log.ts';

const KEY = 'aicost_abc_0123456789abcdef0123456789abcdef';

function logged(isTerminal: boolean, write: (log: ReturnType<typeof createLog>) => void): string {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  write(createLog('info', Object.assign(stream, { isTTY: isTerminal })));
  return text;
}

test('a line is one JSON object, with its level as a word and its time in UTC', () => {
  const line: unknown = JSON.parse(logged(false, (log) => log.info({ request_id: 'r1' }, 'hello')));
  expect(line).toMatchObject({
    level: 'info',
    request_id: 'r1',
    msg: 'hello',
    time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
  });
});

test('on a terminal it is pretty', () => {
  const text = logged(true, (log) => log.info('hello'));
  expect(text).toContain('hello');
  expect(() => JSON.parse(text) as unknown).toThrow();
});

test.for([false, true])('no line holds a key, wherever it was put (terminal: %s)', (isTerminal) => {
  const text = logged(isTerminal, (log) => {
    log.error({ headers: { authorization: `Bearer ${KEY}`, 'x-api-key': KEY }, key: KEY }, 'one');
    log.error({ err: new Error(`bad ${KEY}`), deep: { deeper: [KEY] } }, `two ${KEY}`);
  });
  expect(text).toContain('two');
  expect(text).not.toContain('0123456789abcdef');
});
