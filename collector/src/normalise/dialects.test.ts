import { describe } from 'vitest';
import { dialectContract } from './dialect.contract.ts';
import { DIALECTS } from './dialects.ts';

describe.for(DIALECTS.map((definition) => [definition.name, definition] as const))(
  'the dialect %s',
  ([, definition]) => dialectContract(definition),
);
