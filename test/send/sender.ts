// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a shell's variable, and the Collector's, not ours.
/** Who sends as a configuration says: where to, with which headers, encoding and compression, and which signals. */
import type { Coding, Signal, Transport } from '../otlp/conformance-case.ts';

export interface Sender {
  /** What of the page it is read from. */
  readonly from: string;
  readonly transport: Transport;
  readonly coding: Coding;
  readonly headers: Readonly<Record<string, string>>;
  /** Where each signal goes; a signal that is not sent is not there. For gRPC without a path. */
  readonly urls: Readonly<Partial<Record<Signal, string>>>;
}

export const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics'];

/** A base address with the path of each signal behind it, as exporters put them together. */
export function urlsBelow(
  base: string,
  transport: Transport,
  signals: readonly Signal[] = SIGNALS,
): Sender['urls'] {
  const address = base.replace(/\/$/, '');
  return Object.fromEntries(
    signals.map((one) => [one, transport === 'grpc' ? address : `${address}/v1/${one}`]),
  );
}

/** How exporters are told the key: in place of these texts a person, a shell or the Collector puts it. */
const KEY_MARKS = ['$AICOST_KEY', '${AICOST_KEY}', '${env:AICOST_KEY}', 'YOUR_KEY'];

/** A value with the key where its mark stands. @throws Error for a value that no mark is in */
export function withKey(value: string, key: string): string {
  const mark = [...KEY_MARKS].reverse().find((one) => value.includes(one));
  if (mark === undefined) throw new Error(`"${value}" has none of ${KEY_MARKS.join(', ')}`);
  return value.replace(mark, key);
}
