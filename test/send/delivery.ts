/** One payload, sent as one configuration of a page says, by a tenant of its own with a key that may only send. */
import { randomBytes } from 'node:crypto';
import { type Answer, sendRequest } from '../otlp/send-request.ts';
import type { StartedCollector } from '../start-collector.ts';
import { sendersOf } from './configured-senders.ts';
import { readText, type SeenLine, type SendPage } from './send-page.ts';
import { type Sender, withKey } from './sender.ts';

export interface Delivery {
  readonly title: string;
  readonly tenant: string;
  readonly key: string;
  readonly page: SendPage;
  readonly sender: Sender;
  readonly payload: string;
  /** What the page says of it. */
  readonly expected: readonly SeenLine[];
}

/** Every payload of every page, by every configuration of its page that sends its signal. */
export function deliveriesOf(pages: readonly SendPage[]): Delivery[] {
  return pages.flatMap((page) =>
    sendersOf(page).flatMap((sender, index) =>
      payloadsOf(page)
        .map((payload) => page.seen.filter((line) => line.payload === payload))
        .filter(([first]) => sender.urls[first!.signal] !== undefined)
        .map((expected, nth) => ({
          title: `${page.name}: ${expected[0]!.payload.split('/').pop()} by ${sender.from} (${index + 1})`,
          tenant: `${page.name}-${index}-${nth}`,
          key: makeKey(),
          page,
          sender,
          payload: expected[0]!.payload,
          expected,
        })),
    ),
  );
}

/** A key as an operator writes it into a file of init keys. */
export const makeKey = (): string =>
  `aicost_${randomBytes(5).toString('hex')}_${randomBytes(20).toString('hex')}`;

export const payloadsOf = ({ seen }: SendPage): string[] => [
  ...new Set(seen.map(({ payload }) => payload)),
];

/** Sends it. The addresses of the page are those of the presets; a collector in a test has others. */
export function deliver(
  { key, sender, payload, expected }: Delivery,
  { url, grpcTarget }: Pick<StartedCollector, 'url' | 'grpcTarget'>,
): Promise<Answer> {
  const { signal } = expected[0]!;
  const headers = Object.entries(sender.headers).map(([name, value]) => [
    name.toLowerCase(),
    withKey(value, key),
  ]);
  const path = new URL(sender.urls[signal]!).pathname;
  return sendRequest(
    {
      signal,
      payload: { kind: 'message', message: JSON.parse(readText(payload)) },
      headers: Object.fromEntries(headers),
      ...(sender.transport === 'grpc' ? {} : { path }),
    },
    sender,
    {
      httpUrl: url,
      grpcUrl: `http://${grpcTarget}`,
      key: null,
      limitBytes: null,
      slowMs: null,
    },
  );
}
