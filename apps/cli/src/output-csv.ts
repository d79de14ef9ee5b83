const NEEDS_QUOTES = /[",\r\n]/;
/** What a spreadsheet takes for the begin of a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** A CSV record with its line end. */
export function csvRecord(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\n`;
}

/** A text that a spreadsheet would run as a formula, with an apostrophe before it: then it shows it as it is. */
export function notFormula(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

function csvCell(cell: string): string {
  return NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
