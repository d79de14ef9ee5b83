/** How a column's values stand in a report. `number` is for all that is no text: PostgreSQL's own types hold no formula. */
export type CellType = 'text' | 'number';

/** What makes a spreadsheet take a cell for a formula, or hides that it is one. */
const FORMULA = /^[=+\-@\t\r\n]/;

/**
 * One field of a CSV report. Text that begins with = + - @, a tab or a line end gets an apostrophe before it, so that no spreadsheet
 * runs what somebody wrote into a product's name. A column of numbers cannot hold such text: -5 stays -5.
 */
export function csvCell(value: string | number | boolean | null, type: CellType): string {
  if (value === null) return '';
  const text = String(value);
  const safe = type === 'text' && FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvLine(values: readonly (string | number | boolean | null)[], types: readonly CellType[]): string {
  return `${values.map((value, at) => csvCell(value, types[at])).join(',')}\n`;
}
