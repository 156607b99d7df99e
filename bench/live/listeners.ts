/** Clients of the live stream in a process of their own, so that what they cost is not counted: `node listeners.ts`. */

import type { IncomingMessage } from 'node:http';
import { get } from 'node:http';

/** What the benchmark sends, and what is told back once all are connected, and when asked. */
interface ListenWish {
  readonly url: string;
  readonly key: string;
  readonly clients: number;
}
export interface Heard {
  readonly clients: number;
  readonly events: number;
  readonly missed: number;
}

const answers: IncomingMessage[] = [];
let [clients, events, missed] = [0, 0, 0];
const tell = () => process.send!({ clients, events, missed } satisfies Heard);

function connected(answer: IncomingMessage, wish: ListenWish): void {
  if (answer.statusCode !== 200) throw new Error(`the stream answered ${answer.statusCode}`);
  answers.push(answer);
  let rest = '';
  answer.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      if (line === 'event: missed') missed++;
      else if (line.startsWith('event: ')) events++;
    }
  });
  if (++clients === wish.clients) tell();
}

process.on('message', (wish: ListenWish | 'tell') => {
  if (wish === 'tell') {
    tell();
    return;
  }
  const options = { headers: { 'x-api-key': wish.key }, agent: false };
  for (let n = 0; n < wish.clients; n++) {
    get(`${wish.url}/api/v1/live`, options, (answer) => connected(answer, wish));
  }
});
// It ends with the benchmark.
process.once('disconnect', () => {
  for (const answer of answers) answer.destroy();
});
