/** Everything that has to be well for the cost of calls to be known, looked at from the application's folder. */
import type { Environment } from '../environment.ts';
import { watchedSdks } from '../instrumentations.ts';
import { type FoundSdk, findSdks } from './find-sdks.ts';
import { type Finding, type SentTestSpan, sendTestSpan } from './test-span.ts';

export interface DoctorReport {
  readonly isWell: boolean;
  readonly node: string;
  readonly sdks: readonly FoundSdk[];
  /** Settings that keep spans from being made or sent. */
  readonly settings: readonly Finding[];
  /** Undefined where the settings send nothing. */
  readonly sent: SentTestSpan | undefined;
}

/** Looks at it all. Sends one span that costs nothing. */
export async function examine(folder: string, environment: Environment): Promise<DoctorReport> {
  const on = new Set(watchedSdks(environment).map(({ name }) => name));
  const sdks = findSdks(folder, (name) => on.has(name));
  const settings = wrongSettings(environment, sdks);
  const isSending = environment.exporters.includes('otlp') && !environment.isDisabled;
  const sent = isSending ? await sendTestSpan(environment) : undefined;
  const isWell = settings.length === 0 && sent?.span.isWell === true;
  return { isWell, node: process.version, sdks, settings, sent };
}

function wrongSettings(environment: Environment, sdks: readonly FoundSdk[]): Finding[] {
  const found: Finding[] = [];
  const wrong = (detail: string, next: string): number =>
    found.push({ isWell: false, detail, next });
  if (environment.isDisabled) {
    wrong('OTEL_SDK_DISABLED is true: nothing is watched', 'Unset it.');
  } else if (!environment.exporters.includes('otlp')) {
    wrong(
      `OTEL_TRACES_EXPORTER is ${environment.exporters.join(',')}: nothing is sent to a collector`,
      'Unset it, or set it to otlp.',
    );
  }
  if (sdks.every(({ state }) => state === 'not installed')) {
    wrong(
      'no SDK that is known is installed here',
      "Run it in the application's folder. For providers without an instrumentation there is recordCall().",
    );
  }
  return found;
}
