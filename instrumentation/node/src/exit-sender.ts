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
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly timeoutMs: number;
  /** Whether the environment names certificates, which only OpenTelemetry's package can read. */
  readonly isTlsConfigured: boolean;
  readonly protocol: string;
}

const input = await buffer(process.stdin);
const lineEnd = input.indexOf('\n');
const errand = JSON.parse(input.toString('utf8', 0, lineEnd)) as Errand;
// The request itself does not keep a process alive.
const waiting = setTimeout(() => process.exit(1), errand.timeoutMs);
const outcome = await postOtlp(await targetOf(errand), input.subarray(lineEnd + 1));
clearTimeout(waiting);
process.exitCode = outcome.kind === 'sent' ? 0 : 1;

async function targetOf(told: Errand): Promise<PostTarget> {
  const { url, headers, timeoutMs, isTlsConfigured, protocol } = told;
  if (isTlsConfigured) return (await import('./otlp-target.ts')).otlpTarget(protocol);
  return {
    url,
    timeoutMs,
    isGzip: false,
    headers: async () => headers,
    agent: (scheme) => (scheme === 'https:' ? httpsAgent : httpAgent),
  };
}
