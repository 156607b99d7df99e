/**
 * What the parts of one trace share while it is made up: chance, and ids that no other run has.
 */
import type { Random } from './random.ts';
import type { ServiceName } from './span-spec.ts';

export interface Scene {
  readonly random: Random;
  readonly service: ServiceName;
  /** An id that is new in every run; the same response id twice would be the same physical call. */
  readonly newId: () => string;
}

/** The same trace, seen from another service. */
export function inService(scene: Scene, service: ServiceName): Scene {
  return { ...scene, service };
}
