import type { Dirtiness } from './table-writer.js';

/** With more dirt than this, rows would hardly come to an end. */
const MOST = 0.9;

/** @throws RangeError */
export function checkDirtiness({ dup, bad }: Dirtiness): void {
  if (!(dup >= 0 && bad >= 0 && dup + bad <= MOST)) {
    throw new RangeError(`dup and bad are shares that together do not pass ${MOST}`);
  }
}
