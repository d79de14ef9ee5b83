import { formatValue, plural } from '../screen/format.js';
import type { PeekReject, PeekReport } from './peek-file.js';

/** What a person is told of a file: what was found, and what was made of it. */
export function describeReport(report: PeekReport): string {
  const { file, findings, confidence, records, rejected, skipped, repaired, columns, names } = report;
  const sure = confidence === null ? '' : ` (confidence ${confidence.toFixed(2)})`;
  const lines = [`${file}: ${plural(records - rejected, 'row')} of ${plural(columns, 'column')}${sure}`];
  lines.push(...findings.map((finding) => `  ${finding}`));
  if (names === null) lines.push('  No header: the rows are written without one.');
  if (report.padded > 0) lines.push(`  ${plural(report.padded, 'row')} with fewer fields: the last ones are empty.`);
  if (report.cut > 0) lines.push(`  ${plural(report.cut, 'row')} with more fields: what is too much is left out.`);
  if (report.unclosed > 0)
    lines.push(`  ${plural(report.unclosed, 'row')} with a quote that never closes: it is taken as a character.`);
  if (rejected > 0) lines.push(`  ${plural(rejected, 'record')} rejected: --rejects shows them.`);
  if (skipped > 0) lines.push(`  ${plural(skipped, 'line')} skipped.`);
  if (repaired > 0)
    lines.push(`  ${plural(repaired, 'value')} with bytes that are no characters: these are U+FFFD now.`);
  return `${lines.join('\n')}\n`;
}

export function describeReject(file: string, { code, position, record, raw }: PeekReject): string {
  return `${file}: record ${record} at byte ${position}: ${code}: ${formatValue(raw.toString('utf8'), 200)}\n`;
}

export const REJECT_HEADER = ['record', 'position', 'reason', 'raw'] as const;
