/**
 * Marks a class or method as watched, where another copy of the same package sees it too: an application may have two,
 * and two that watch would be two spans a call.
 */
export class WatchMark {
  private readonly key: symbol;

  /** `of`: the package whose copies share the mark. */
  constructor(of: string) {
    this.key = Symbol.for(`${of} watched`);
  }

  /** Whether this very object has it, and not only what it inherits from. */
  isOn(target: object): boolean {
    return Object.hasOwn(target, this.key);
  }

  put<Target extends object>(target: Target): Target {
    return Object.defineProperty(target, this.key, { value: true, configurable: true });
  }

  remove(target: object): void {
    Reflect.deleteProperty(target, this.key);
  }
}
