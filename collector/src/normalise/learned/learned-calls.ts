/**
 * What was learned of spans by their shape: the questions that dialects ask of such spans, and what comes of the
 * answers. Bounded: made-up keys and values must not fill the memory.
 */
import type { AttributeList } from '../../decode/attribute-list.ts';
import type { KeyShape, KeyShapes } from '../../decode/key-shapes.ts';
import type { AttributeKeys, KeyId } from '../attribute-keys.ts';
import { KeyPositions } from '../key-positions.ts';
import { type Asker, type Asking, type Outcome, Question, type Step } from './question.ts';

/** Steps of all trees together; each is a few hundred bytes. */
const STEPS_MAX = 65_536;
/** Spans without a known outcome after which full trees are forgotten and grow anew: models and versions change. */
const UNKNOWN_MAX = 100_000;

/** What is known of the lists of one shape. */
export class ShapePlan {
  readonly positions: KeyPositions;
  /** Whether a dialect may know spans of this shape. */
  readonly mayBeCall: boolean;
  first: Step | undefined;

  constructor(positions: KeyPositions, mayBeCall: boolean) {
    this.positions = positions;
    this.mayBeCall = mayBeCall;
  }

  /** What the answers of a span come to; undefined when they were never given. */
  find(asker: Asker): Outcome | undefined {
    let step = this.first;
    while (step !== undefined && !step.isOutcome) {
      step = step.next(asker);
    }
    return step;
  }
}

export class LearnedCalls {
  private readonly keys: AttributeKeys;
  private readonly mayBeCall: (keys: readonly KeyId[]) => boolean;
  private shapes: KeyShapes | undefined;
  private generation = -1;
  private plans: (ShapePlan | undefined)[] = [];
  private steps = 0;
  private unknown = 0;

  constructor(keys: AttributeKeys, mayBeCall: (keys: readonly KeyId[]) => boolean) {
    this.keys = keys;
    this.mayBeCall = mayBeCall;
  }

  planOf(shapes: KeyShapes, shape: KeyShape, list: AttributeList): ShapePlan {
    if (this.shapes !== shapes || this.generation !== shapes.generation) {
      this.forget(shapes);
    }
    const plan = this.plans[shape.id];
    if (plan !== undefined) {
      return plan;
    }
    const positions = new KeyPositions(list, this.keys);
    const made = new ShapePlan(positions, this.mayBeCall(positions.foundKeys));
    this.plans[shape.id] = made;
    return made;
  }

  /** Whether there is room for more; where there is none for long, everything is forgotten. */
  mayLearn(): boolean {
    if (this.steps < STEPS_MAX) {
      return true;
    }
    this.unknown++;
    if (this.unknown >= UNKNOWN_MAX) {
      this.forget(this.shapes);
    }
    return false;
  }

  /** Takes up the questions that were asked of a span, and what came of its answers. */
  learn(plan: ShapePlan, asker: Asker, { askings, outcome }: Lesson): void {
    const stepAfter = (i: number): Step =>
      i < askings.length ? new Question(askings[i]!) : outcome;
    plan.first ??= stepAfter(0);
    let step = plan.first;
    for (let i = 0; i < askings.length && !step.isOutcome && step.is(askings[i]!); i++) {
      step = step.learn(asker, stepAfter(i + 1));
      this.steps++;
    }
  }

  private forget(shapes: KeyShapes | undefined): void {
    this.shapes = shapes;
    this.generation = shapes?.generation ?? -1;
    this.plans = [];
    this.steps = 0;
    this.unknown = 0;
  }
}

/** What was asked while a span was read, in order, and what came of it. */
export interface Lesson {
  readonly askings: readonly Asking[];
  readonly outcome: Outcome;
}
