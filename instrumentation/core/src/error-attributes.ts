/** An error of a provider's SDK as attributes: its kind and the HTTP status. Its message may hold content. */
import type { Attributes } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from './semconv.ts';

/** What SDKs put on their errors. */
interface SdkError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly status?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown };
}

export function errorAttributes(error: unknown): Attributes {
  const told = (typeof error === 'object' && error !== null ? error : {}) as SdkError;
  const status = [told.status, told.$metadata?.httpStatusCode].find(
    (value) => typeof value === 'number',
  );
  const attributes: Attributes = { [ATTR_ERROR_TYPE]: errorType(told) };
  if (typeof status === 'number') attributes[ATTR_HTTP_RESPONSE_STATUS_CODE] = status;
  return attributes;
}

/** The provider's own word, else the class, else OpenTelemetry's word for what has no name. */
function errorType(error: SdkError): string {
  const className = (error as object).constructor?.name;
  const named = [
    // AWS gives errors without a class of their own the class of their service.
    error.$metadata === undefined ? undefined : error.name,
    error.code,
    error.type,
    className === 'Object' ? undefined : className,
    error.name,
  ];
  return (named.find((word) => typeof word === 'string' && word !== '') as string) ?? '_OTHER';
}
