/** A live stream that is read as it comes, until it is closed. */
import { eventually } from '../start-collector.ts';

export interface LiveStream {
  readonly status: number;
  readonly type: string;
  /** What came so far. */
  text(): string;
  /** What came, once it holds that; or after some seconds without. */
  until(word: string): Promise<string>;
  close(): void;
}

const WITHIN_MS = 10_000;

export async function openLive(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<LiveStream> {
  const gone = new AbortController();
  const response = await fetch(url, { headers, signal: gone.signal });
  let text = '';
  const reading = async () => {
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) text += part;
  };
  // It ends with what closes it.
  void reading().catch(() => undefined);
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    text: () => text,
    until: (word) =>
      eventually(
        async () => text,
        (all) => all.includes(word),
        WITHIN_MS,
      ),
    close: () => gone.abort(),
  };
}
