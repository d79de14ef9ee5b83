import { type ColumnPlan, type DatasetPlan, matchFields } from '@millrace/dataset';
import { chooseFormat, ISO_TIMESTAMP, isBlank } from '@millrace/profile';
import type { Sample } from './sample-rows.js';

export interface ChosenFormats {
  /** By column. */
  date_formats: Record<string, string>;
  findings: string[];
}

/** Columns whose dates the config leaves to detection. */
export function autoColumns(plan: DatasetPlan): ColumnPlan[] {
  return plan.columns.filter(({ type, formats }) => (type === 'date' || type === 'timestamp') && formats === 'auto');
}

/** For each such column the one format that all sampled values have; none where two would read them differently. */
export function chooseDateFormats(plan: DatasetPlan, { names, rows }: Sample): ChosenFormats {
  const chosen: ChosenFormats = { date_formats: {}, findings: [] };
  const wanted = new Set(autoColumns(plan));
  for (const { column, field } of matchFields(plan, names)) {
    if (!wanted.has(column) || field < 0) continue;
    const values = rows.map((row) => (row[field] ?? '').trim()).filter((value) => !isBlank(value, column));
    const format = chooseFormat(values, column.type as 'date' | 'timestamp');
    // What is ISO 8601 is read so without being told.
    if (format !== null && format !== ISO_TIMESTAMP) chosen.date_formats[column.name] = format;
    chosen.findings.push(
      format === null
        ? `No one format fits the ${values.length} sampled values of ${column.name}: they are rejects, unless they are ISO 8601 or the config names formats.`
        : `${column.name} is read as ${format}, by ${values.length} sampled values.`,
    );
  }
  return chosen;
}
