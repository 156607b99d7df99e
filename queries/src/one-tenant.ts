/** Questions that are about one tenant, whoever asks. */
import type { Filter } from './dimensions.ts';
import { InputProblem } from './input-problem.ts';

/** @throws InputProblem, field `tenant` */
export function refuseSeveralTenants(filters: readonly Filter[]): void {
  for (const { dimension, values } of filters) {
    if (dimension === 'tenant' && values.length > 1) {
      const value = values.join(', ');
      throw new InputProblem([{ field: 'tenant', value, expected: 'one tenant' }]);
    }
  }
}

/** Whose calls are asked for: of the filter, or of the key. */
export function askedTenant(filters: readonly Filter[], own: string): string {
  return filters.find(({ dimension }) => dimension === 'tenant')?.values[0] ?? own;
}
