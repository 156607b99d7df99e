/** A gauge of what may not be known: then it is absent, never an old value or 0. */

interface Settable {
  set(value: number): void;
  remove(): void;
}

export function setOrRemove(gauge: Settable, value: number | undefined): void {
  if (value === undefined) gauge.remove();
  else gauge.set(value);
}
