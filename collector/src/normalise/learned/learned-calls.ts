/**
 * What was learned of spans by their shape: the questions that dialects ask of such spans, and what comes of the
 * answers. Bounded: made-up keys and values must not fill the memory.
 */
import type { AttributeList } from '../../decode/attribute-list.ts';
import type { KeyShape, KeyShapes } from '../../decode/key-shapes.ts';
import type { AttributeKeys, KeyId } from '../attribute-keys.ts';
import { KeyPositions } from '../key-positions.ts';
import { LearnedPath } from './learned-path.ts';
import {
  type AskedAnswer,
  type Asker,
  type Asking,
  type Outcome,
  Question,
  type Step,
} from './question.ts';

/** Steps of all trees together; each is a few hundred bytes. */
const STEPS_MAX = 65_536;
/** Spans without a known outcome after which full trees are forgotten and grow anew: models and versions change. */
const UNKNOWN_MAX = 100_000;

/** More than the ways that are gone in turn cost more than walking the questions. */
const PATHS_MAX = 4;

/** What is known of the lists of one shape. */
export class ShapePlan {
  readonly positions: KeyPositions;
  /** Whether a dialect may know spans of this shape. */
  readonly mayBeCall: boolean;
  /** Whether spans of this shape may tell whom they were for; undefined until it was asked. */
  mayTellWhom: boolean | undefined;
  first: Step | undefined;
  /** The ways gone last, each once. */
  private readonly paths: LearnedPath[] = [];
  private readonly known = new Map<Outcome, LearnedPath>();

  constructor(positions: KeyPositions, mayBeCall: boolean) {
    this.positions = positions;
    this.mayBeCall = mayBeCall;
  }

  /** What the answers of a span come to; undefined when they were never given. */
  find(asker: Asker): Outcome | undefined {
    const { paths } = this;
    for (let i = 0; i < paths.length; i++) {
      const path = paths[i]!;
      if (path.holds(asker)) {
        if (i > 0) {
          paths[i] = paths[i - 1]!;
          paths[i - 1] = path;
        }
        return path.outcome;
      }
    }
    return this.findByQuestions(asker);
  }

  private findByQuestions(asker: Asker): Outcome | undefined {
    let step = this.first;
    while (step !== undefined && !step.isOutcome) {
      step = step.next(asker);
    }
    // The way to a span that the dialects must read would save next to nothing.
    if (step !== undefined && step.kind !== 'unlearned') {
      this.remember(step, asker);
    }
    return step;
  }

  /** The way to an outcome is tried first from now on. */
  private remember(outcome: Outcome, asker: Asker): void {
    const path = this.known.get(outcome) ?? this.pathTo(outcome, asker);
    this.known.set(outcome, path);
    this.paths.unshift(path);
    if (this.paths.length > PATHS_MAX) {
      this.paths.pop();
    }
  }

  private pathTo(outcome: Outcome, asker: Asker): LearnedPath {
    const answers: AskedAnswer[] = [];
    for (let step = this.first; step !== undefined && !step.isOutcome; step = step.next(asker)) {
      answers.push(step.answer(asker));
    }
    return new LearnedPath(answers, outcome);
  }
}

/** By the number of the shape, in one generation of them. */
interface ShapePlans {
  readonly generation: number;
  readonly byShape: (ShapePlan | undefined)[];
}

export class LearnedCalls {
  private readonly keys: AttributeKeys;
  private readonly mayBeCall: (keys: readonly KeyId[]) => boolean;
  /** Each view that shows spans has shapes of its own: traces and logs take turns. */
  private plansOf = new WeakMap<KeyShapes, ShapePlans>();
  private shapes: KeyShapes | undefined;
  private plans: ShapePlans = { generation: -1, byShape: [] };
  private steps = 0;
  private unknown = 0;

  constructor(keys: AttributeKeys, mayBeCall: (keys: readonly KeyId[]) => boolean) {
    this.keys = keys;
    this.mayBeCall = mayBeCall;
  }

  planOf(shapes: KeyShapes, shape: KeyShape, list: AttributeList): ShapePlan {
    if (this.shapes !== shapes || this.plans.generation !== shapes.generation) {
      this.turnTo(shapes);
    }
    const { byShape } = this.plans;
    const plan = byShape[shape.id];
    if (plan !== undefined) {
      return plan;
    }
    const positions = new KeyPositions(list, this.keys);
    const made = new ShapePlan(positions, this.mayBeCall(positions.foundKeys));
    byShape[shape.id] = made;
    return made;
  }

  /** Whether there is room for more; where there is none for long, everything is forgotten. */
  mayLearn(): boolean {
    if (this.steps < STEPS_MAX) {
      return true;
    }
    this.unknown++;
    if (this.unknown >= UNKNOWN_MAX) {
      this.forget();
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

  /** Plans of shapes that were forgotten are none. */
  private turnTo(shapes: KeyShapes): void {
    const { generation } = shapes;
    const known = this.plansOf.get(shapes);
    this.plans = known?.generation === generation ? known : { generation, byShape: [] };
    this.plansOf.set(shapes, this.plans);
    this.shapes = shapes;
  }

  private forget(): void {
    this.plansOf = new WeakMap();
    this.shapes = undefined;
    this.steps = 0;
    this.unknown = 0;
  }
}

/** What was asked while a span was read, in order, and what came of it. */
export interface Lesson {
  readonly askings: readonly Asking[];
  readonly outcome: Outcome;
}
