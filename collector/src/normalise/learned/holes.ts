/**
 * What stands for a value that is only handed on while a reading is learned. Whoever computes with a count or calls a
 * method of a text throws, and then the reading is not learned: nobody can look at the value unnoticed, but for its
 * being there, which is the same for all spans that give the same answers.
 */

/** A count at a position of the attribute list. */
export class CountHole {
  readonly at: number;

  constructor(at: number) {
    this.at = at;
  }

  valueOf(): never {
    throw new TypeError(`the count at ${this.at} was looked at while a reading was learned`);
  }
}

/** A text at a position of the attribute list. */
export class TextHole {
  readonly at: number;

  constructor(at: number) {
    this.at = at;
  }

  toString(): never {
    throw new TypeError(`the text at ${this.at} was looked at while a reading was learned`);
  }
}

/** A text of the resource, or '' where the resource does not tell it. */
export class ResourceHole {
  readonly keys: readonly number[];

  constructor(keys: readonly number[]) {
    this.keys = keys;
  }

  toString(): never {
    throw new TypeError('a text of the resource was looked at while a reading was learned');
  }
}
