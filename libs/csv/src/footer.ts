import { LIMITS } from '@millrace/contracts';
import type { DialectMachine } from './machine/dialect-machine.js';
import { blankLineEnd, lineEnd, STARVED } from './machine/line-ends.js';

/**
 * Where the footer begins: at the first line of the text's last LIMITS.footer_bytes from which on there are no more lines than
 * the dialect says, blank ones not counted. Quotes do not matter to it. It depends on nothing before `from`, so that it
 * is the same from wherever a source is cut on.
 * @param from begin of a record, or of a piece of the footer @param end where the text ends
 * @param final false when more may come: a last line without its end then may still turn out to be blank
 */
export function footerStart(machine: DialectMachine, bytes: Buffer, from: number, end: number, final = true): number {
  const { footer_lines } = machine.dialect;
  if (footer_lines === 0 || from >= end) return end;
  const first = Math.max(from, end - LIMITS.footer_bytes);
  // Two bytes more tell whether a line begins exactly there.
  let at = Math.max(from, first - 2);
  if (at !== from || first !== from) {
    while (at < first) at = lineEnd(machine, bytes, at, end, true);
  }
  const starts: number[] = [];
  const counted: boolean[] = [];
  while (at < end) {
    const open = !final && lineEnd(machine, bytes, at, end, false) === STARVED;
    starts.push(at);
    counted.push(!open && blankLineEnd(machine, bytes, at, end, true) === at);
    at = lineEnd(machine, bytes, at, end, true);
  }
  let found = end;
  for (let line = starts.length - 1, lines = 0; line >= 0; line--) {
    if (counted[line] && ++lines > footer_lines) break;
    found = starts[line];
  }
  return found;
}
