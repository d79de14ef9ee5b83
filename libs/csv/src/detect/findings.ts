import type { Scored } from './score.js';

const NAMES: Record<string, string> = {
  ',': 'a comma',
  ';': 'a semicolon',
  '\t': 'a tab',
  '|': 'a pipe',
  ' ': 'a blank',
  ':': 'a colon',
  '"': 'a quotation mark',
  "'": 'an apostrophe',
  '\\': 'a backslash',
};

export function nameOf(characters: string): string {
  return NAMES[characters] ?? JSON.stringify(characters);
}

export function describeDelimiter(best: Scored, runner_up: Scored | null): string {
  const { candidate, width, modal_rows, rows } = best;
  if (rows === 0) return 'There are no records.';
  const found = `Delimiter ${nameOf(candidate.delimiter)}: ${modal_rows} of ${rows} records have ${plural(width, 'field')}`;
  if (runner_up === null) return `${found}.`;
  return `${found} (${nameOf(runner_up.candidate.delimiter)}: ${runner_up.modal_rows} of ${runner_up.rows} have ${runner_up.width}).`;
}

export function describeQuotes({ candidate, split }: Scored): string[] {
  const { quote, escape: escaped_by } = candidate;
  if (quote === null) return ['No quotes: those that there are do not stand where fields begin and end.'];
  const findings: string[] = [];
  if (split.proper > 0)
    findings.push(`Quote ${nameOf(quote)}: ${plural(split.proper, 'field is', 'fields are')} quoted with it.`);
  if (split.broken > 0)
    findings.push(`${plural(split.broken, 'quoted field does', 'quoted fields do')} not close as they should.`);
  if (escaped_by === null) findings.push('Nothing stands before a quote within quotes.');
  else if (escaped_by !== quote) findings.push(`Within quotes, ${nameOf(escaped_by)} stands before a quote.`);
  return findings;
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
