/**
 * What all spans that give the same answers have in common (question.ts): the call but for its counts and the texts
 * that are only handed on, of which it says where they stand.
 */
import type { Attribution, CallContext, Role } from '../call.ts';
import type { Description } from '../describe-call.ts';
import { missingReason, NOT_REPORTED } from '../finish-call.ts';
import { COUNT_NAMES } from '../usage/counts.ts';
import type { KnownInclusion } from '../usage/raw-usage.ts';
import { CountHole, ResourceHole, TextHole } from './holes.ts';

/** A text that is the same for all, or stands at a position, or is the resource's. */
export interface PassedText {
  readonly text: string;
  /** Position in the attribute list, or -1. */
  readonly at: number;
  /** Keys of the resource, the first that has a text; undefined: not the resource's. */
  readonly resourceKeys: readonly number[] | undefined;
}

export const ATTRIBUTION_NAMES = [
  'user',
  'session',
  'feature',
  'agent',
  'prompt',
  'promptVersion',
  'tool',
] as const satisfies readonly Exclude<keyof Attribution, 'tags'>[];

export interface CallTemplate {
  readonly dialect: string;
  readonly operation: string;
  readonly role: Role;
  readonly roleReason: string;
  readonly provider: string;
  readonly requestModel: string;
  readonly responseModel: string;
  /** The model that is priced and shown. */
  readonly model: string;
  readonly responseId: PassedText;
  readonly context: CallContext;
  /** Of each of ATTRIBUTION_NAMES. */
  readonly attribution: readonly PassedText[];
  /** Of each of ATTRIBUTION_NAMES, then of the response id: its position in the attribute list, or -1. */
  readonly positions: Int32Array;
  /** Numbers of those that are the resource's. */
  readonly ofResource: readonly number[];
  /** Positions in the array of counts, and in the attribute list: pair by pair. Empty: no usage was told. */
  readonly counts: Int32Array;
  readonly inclusion: KnownInclusion | undefined;
  /** Why there is no usage, where none was told. */
  readonly missingUsageReason: string;
}

/** The template of a description with holes; undefined where one of its values cannot stand for other spans. */
export function templateOf(
  description: Description,
  told: { attribution: Attribution; sampling: string | undefined },
): CallTemplate | undefined {
  const { dialect, operation, role, roleReason, provider, requestModel, responseModel } =
    description;
  const { context: own, reportedUsd, missingUsage } = description;
  const context = told.sampling === undefined ? own : { sampling: told.sampling, ...own };
  const constants = { dialect, operation, role, roleReason, provider, requestModel, responseModel };
  const counts = countsOf(description);
  const responseId = passed(description.responseId);
  const attribution = ATTRIBUTION_NAMES.map((name) => passed(told.attribution[name]));
  const isConstant =
    reportedUsd === undefined &&
    description.unreadable === undefined &&
    Object.values(constants).every((value) => typeof value === 'string') &&
    Object.values(context).every((value) => typeof value === 'string' || value === true);
  if (!isConstant || counts === undefined || responseId === undefined || !areAll(attribution)) {
    return undefined;
  }
  const texts = [...attribution, responseId];
  const missing = counts.length === 0 ? (missingUsage ?? NOT_REPORTED) : '';
  return {
    ...constants,
    model: responseModel === '' ? requestModel : responseModel,
    responseId,
    context,
    attribution,
    positions: Int32Array.from(texts, ({ at }) => at),
    ofResource: texts.flatMap(({ resourceKeys }, i) => (resourceKeys === undefined ? [] : [i])),
    counts,
    inclusion: description.usage.inclusion,
    missingUsageReason: missingReason(description, role, missing),
  };
}

function areAll(texts: readonly (PassedText | undefined)[]): texts is readonly PassedText[] {
  return texts.every((text) => text !== undefined);
}

/** `value` is typed as a text, and may be a hole in its place. */
function passed(value: unknown): PassedText | undefined {
  if (value instanceof TextHole) {
    return { text: '', at: value.at, resourceKeys: undefined };
  }
  if (value instanceof ResourceHole) {
    return { text: '', at: -1, resourceKeys: value.keys };
  }
  return typeof value === 'string' ? { text: value, at: -1, resourceKeys: undefined } : undefined;
}

/** Positions of the counts, or undefined where one is computed, or more is told than counts. */
function countsOf({ usage: { raw, conflicts } }: Description): Int32Array | undefined {
  const pairs: number[] = [];
  for (const [index, name] of COUNT_NAMES.entries()) {
    const value: unknown = raw[name];
    if (value instanceof CountHole) {
      pairs.push(index, value.at);
    } else if (value !== undefined) {
      return undefined;
    }
  }
  return raw.units === undefined && conflicts.length === 0 ? Int32Array.from(pairs) : undefined;
}
