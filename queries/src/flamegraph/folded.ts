/**
 * Folded stacks: one stack a line, frames joined by `;`, then a space and a whole number; two numbers where two sides
 * are compared, left and right. Invariant: a name from outside can end neither its frame nor its line.
 */
import { apportionNanoUsd } from './apportion.ts';
import type { PairedStack } from './stacks.ts';
import type { Weight } from './weights.ts';

const ROOT_FRAME = 'total';

/** Cost is in nano-dollars that add up to the rounded total; the rest is exact. */
export function foldedStacks(
  stacks: readonly PairedStack[],
  shown: { readonly weight: Weight; readonly isCompared: boolean },
): string {
  const left = wholeWeights(stacks, 'left', shown.weight);
  const right = wholeWeights(stacks, 'right', shown.weight);
  return stacks
    .map(({ frames }, index) => {
      const path = [ROOT_FRAME, ...frames].map(foldedName).join(';');
      const numbers = shown.isCompared ? `${left[index]} ${right[index]}` : `${left[index]}`;
      return `${path} ${numbers}\n`;
    })
    .join('');
}

/** What each stack weighs on a side, as a whole number. */
export function wholeWeights(
  stacks: readonly PairedStack[],
  side: 'left' | 'right',
  weight: Weight,
): bigint[] {
  const parts = stacks.map((stack) => stack[side][weight]);
  return weight === 'cost' ? apportionNanoUsd(parts) : parts;
}

/** A frame's name without what separates frames and lines; `;` becomes a comma, control characters a space. */
function foldedName(label: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out.
  return label.replaceAll(';', ',').replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]/g, ' ');
}
