/**
 * Failed calls that nobody billed: the provider refused them before any work was done. Everything else that failed may
 * have been billed, and is shown as unknown. Sources: Azure OpenAI, "Manage costs" (401 and 429 are not charged, 400
 * and 408 may be); Gemini API, "Billing" (400 and 500 are not); Vertex AI pricing (only answers of 200 are); API
 * references of OpenAI and Anthropic for what their errors mean.
 */

import type { SpanView } from '../decode/span-view.ts';
import { namedIn } from './named.ts';

const STATUS_NAMES = [
  'http.response.status_code',
  'http.status_code',
  'status_code',
  'error.code',
  'litellm.provider.error.code',
];
const TYPE_NAMES = ['error.type', 'error.category', 'error'];

/** Refused by most providers before anything was generated. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 402, 403, 404, 405, 413, 415, 422, 429]);
/** A content filter that answers 400 has worked, and is charged. */
const AZURE_REFUSALS: ReadonlySet<number> = new Set([401, 403, 404, 429]);
const AZURE: readonly string[] = ['azure.ai.openai', 'azure.ai.inference'];
/** Charge only for what they answered. */
const ONLY_SUCCESS: readonly string[] = ['gcp.gemini', 'gcp.vertex_ai'];

/** Names of errors in SDKs and APIs, lower case and without signs → the status they stand for. */
const STATUS_OF_ERROR: Readonly<Record<string, number>> = {
  badrequesterror: 400,
  invalidrequesterror: 400,
  invalidrequest: 400,
  invalidargument: 400,
  validationexception: 400,
  contextwindowexceedederror: 400,
  authenticationerror: 401,
  unauthenticated: 401,
  unauthorized: 401,
  unauthorizedexception: 401,
  billingerror: 402,
  permissiondeniederror: 403,
  permissiondenied: 403,
  permissionerror: 403,
  accessdeniedexception: 403,
  notfounderror: 404,
  notfound: 404,
  resourcenotfoundexception: 404,
  modelnotfound: 404,
  requesttoolarge: 413,
  unprocessableentityerror: 422,
  ratelimiterror: 429,
  ratelimit: 429,
  ratelimitexceeded: 429,
  insufficientquota: 429,
  resourceexhausted: 429,
  toomanyrequests: 429,
  toomanyrequestsexception: 429,
  throttlingexception: 429,
  servicequotaexceededexception: 429,
};

/** As the SDKs of OpenAI and Anthropic begin the message of an exception. */
const STATUS_IN_MESSAGE = /^(?:Error code: )?([45]\d\d)\b/;
const STATUS_TEXT = /^[45]\d\d$/;
const TEXT_BYTES_MAX = 512;

/** The status with which a failed call was refused; undefined when it may have been billed. */
export function refusedStatus(view: SpanView, provider: string): number | undefined {
  const status = statusOf(view);
  if (status === undefined) {
    return undefined;
  }
  const refusals = AZURE.includes(provider) ? AZURE_REFUSALS : REFUSALS;
  const isRefused = refusals.has(status) || (ONLY_SUCCESS.includes(provider) && status >= 400);
  return isRefused ? status : undefined;
}

function statusOf(view: SpanView): number | undefined {
  const texts = [...STATUS_NAMES, ...TYPE_NAMES].map((name) => textOf(view.attributes, name));
  const told = texts.map(statusOfText).find((status) => status !== undefined);
  return told ?? statusOfException(view);
}

function statusOfException(view: SpanView): number | undefined {
  let status: number | undefined;
  view.forEachEvent(({ attributes }) => {
    const message = textOf(attributes, 'exception.message');
    const inMessage = STATUS_IN_MESSAGE.exec(message)?.[1];
    status ??= statusOfText(textOf(attributes, 'exception.type'));
    status ??= inMessage === undefined ? undefined : Number(inMessage);
  });
  return status;
}

/** A status, or the name of an error with or without its module. */
function statusOfText(text: string): number | undefined {
  if (STATUS_TEXT.test(text)) {
    return Number(text);
  }
  const name = (text.split('.').at(-1) ?? '').toLowerCase().replaceAll(/[^a-z]/g, '');
  return namedIn(STATUS_OF_ERROR, name);
}

function textOf(attributes: SpanView['attributes'], name: string): string {
  const i = attributes.indexOf(name);
  if (i === -1) {
    return '';
  }
  const number = attributes.valueInt(i) ?? attributes.valueDouble(i);
  return (
    (number === undefined ? attributes.valueText(i) : String(number))?.slice(0, TEXT_BYTES_MAX) ??
    ''
  );
}
