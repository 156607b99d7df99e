/**
 * The program that sends what waited when the application is gone: on its standard input a line that tells where to,
 * then the body of the request. One attempt. It loads next to nothing, for the application waits for it.
 */
import { globalAgent as httpAgent } from 'node:http';
import { globalAgent as httpsAgent } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { type PostTarget, postOtlp } from './otlp-post.ts';

/** The first line, as JSON. */
export interface Errand {
  readonly protocol: string;
  /** Undefined: the environment has to be read, as for certificates. */
  readonly told?:
    | {
        readonly url: string;
        readonly headers: Readonly<Record<string, string>>;
        readonly timeoutMs: number;
      }
    | undefined;
}

const input = await buffer(process.stdin);
const lineEnd = input.indexOf('\n');
const target = await targetOf(JSON.parse(input.toString('utf8', 0, lineEnd)) as Errand);
// The request itself does not keep a process alive.
const waiting = setTimeout(() => process.exit(1), target.timeoutMs);
const outcome = await postOtlp(target, input.subarray(lineEnd + 1));
clearTimeout(waiting);
process.exitCode = outcome.kind === 'sent' ? 0 : 1;

async function targetOf({ protocol, told }: Errand): Promise<PostTarget> {
  if (told === undefined) return (await import('./otlp-target.ts')).otlpTarget(protocol);
  const { url, headers, timeoutMs } = told;
  return {
    url,
    timeoutMs,
    isGzip: false,
    headers: async () => ({ ...headers }),
    agent: (scheme) => (scheme === 'https:' ? httpsAgent : httpAgent),
  };
}
