/** What is made for listeners is made once, however many they are. */
import { Writable } from 'node:stream';
import { beforeEach, expect, test } from 'vitest';
import { TenantStream } from './tenant-stream.ts';

let stream: TenantStream;
/** How often an event was made JSON of. */
let encoded: number;

beforeEach(() => {
  const sizes = { ringBytesMax: 1 << 20, pieceBytesMax: 4096, retryMs: 2000 };
  const counts = { onSent: () => undefined, onMissed: () => undefined };
  stream = new TenantStream('epoch', sizes, counts);
  encoded = 0;
});

/** A client, and the very buffers that it was sent since. */
function join(filter: string): Buffer[] {
  const sent: Buffer[] = [];
  const answer = new Writable({
    write(chunk: Buffer, _encoding, done) {
      sent.push(chunk);
      done();
    },
  });
  const matches = () => true;
  const keyId = 'k';
  const isAllowed = () => true;
  stream.join({
    ...{ tenant: 'acme', keyId, filter, matches, answer, isAllowed },
    lastEventId: undefined,
  });
  sent.length = 0;
  return sent;
}

function tell(n: number): void {
  const data = {
    toJSON() {
      encoded++;
      return { n };
    },
  };
  stream.add({ type: 'call', data, fields: { model: 'a' } });
}

test('clients of one filter are sent the same buffer, and no event is encoded twice', () => {
  const [one, other, elsewhere] = [join('x'), join('x'), join('y')];
  tell(1);
  tell(2);
  stream.flush();
  expect(encoded).toBe(2);
  expect(one).toHaveLength(1);
  expect(String(one[0])).toMatch(/"n":1[\s\S]*"n":2/);
  expect(other[0]).toBe(one[0]);
  // Another filter has a buffer of its own, of the events as they were encoded.
  expect(elsewhere[0]).not.toBe(one[0]);
  expect(elsewhere).toEqual(one);
});

test('nobody listens: an event is encoded once, for who comes back', () => {
  tell(1);
  stream.flush();
  join('x');
  stream.flush();
  expect(encoded).toBe(1);
});
