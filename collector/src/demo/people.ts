/** Who uses the demo's services: a few people, some of whom use them a lot. */
import type { Random } from './random.ts';

export interface Person {
  readonly user: string;
  /** What they pay for; sent as the tag `plan`. */
  readonly plan: 'free' | 'pro' | 'enterprise';
}

const PEOPLE: readonly (readonly [Person, number])[] = [
  [{ user: 'amelia.okafor', plan: 'enterprise' }, 24],
  [{ user: 'bruno.castellano', plan: 'pro' }, 16],
  [{ user: 'chiara.lindqvist', plan: 'enterprise' }, 14],
  [{ user: 'dmitri.halvorsen', plan: 'pro' }, 10],
  [{ user: 'esra.yildiz', plan: 'pro' }, 8],
  [{ user: 'farid.mansouri', plan: 'free' }, 7],
  [{ user: 'grace.tanaka', plan: 'pro' }, 6],
  [{ user: 'hugo.fernandes', plan: 'free' }, 5],
  [{ user: 'ines.kowalska', plan: 'free' }, 4],
  [{ user: 'jonas.weber', plan: 'free' }, 3],
  [{ user: 'keiko.brandt', plan: 'free' }, 2],
  [{ user: 'liam.oconnor', plan: 'free' }, 1],
];

export function pickPerson(random: Random): Person {
  return random.pickWeighted(PEOPLE);
}
