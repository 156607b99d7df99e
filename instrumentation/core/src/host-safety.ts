/**
 * The application that is watched never breaks because of us: what goes wrong here is told to OpenTelemetry's
 * diagnostic logger, and the call goes on.
 */
import { diag } from '@opentelemetry/api';

const logger = diag.createComponentLogger({ namespace: '@ai-cost-profiler' });

/** Does `work`; what it throws is logged. Undefined then. */
export function safely<Result>(what: string, work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    return failedSafely(what, error);
  }
}

/** The same for what every call does, where making a function for it would count. */
export function failedSafely(what: string, error: unknown): undefined {
  logger.error(`${what} failed; the call itself goes on`, error);
}

/** Says once for the life of the process that something could not be done. */
export function warnOnce(text: string): void {
  if (warned.has(text)) return;
  warned.add(text);
  logger.warn(text);
}

const warned = new Set<string>();
