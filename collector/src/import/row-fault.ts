/** Thrown while a row is read, and returned by `readRow`. */
import type { FoundCell } from './record.ts';
import type { RowFault } from './source.ts';

export class Fault extends Error {
  readonly fault: RowFault;

  constructor(fault: RowFault) {
    super(fault.expected);
    this.fault = fault;
  }
}

export const faultOf = ({ column, cell }: FoundCell, expected: string): Fault =>
  new Fault({ column, value: cell, expected });
