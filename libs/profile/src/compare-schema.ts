import { type ColumnPlan, type DatasetPlan, matchFields } from '@millrace/dataset';
import { fitsType } from './fits-type.js';
import { areSimilar } from './similar-names.js';

/** Fields of a source, and some of its rows. */
export interface FieldSample {
  names: string[];
  rows: string[][];
}

/** One difference between what a source has and what its dataset expects. */
export interface Drift {
  kind: 'new' | 'missing' | 'renamed' | 'retyped';
  /** The column; of a new one its name in the source. */
  column_name: string;
  detail: string;
  /** Of what is new: its name in the source; else null. */
  header: string | null;
  /** Whether rows suffer: what is missing here has neither a default nor may it be NULL. */
  is_harm: boolean;
}

/** Fewer values say nothing about a type. */
const LEAST_VALUES = 5;
const SHOWN_CHARACTERS = 40;

/** Compares the fields of a source with the columns of its dataset. A source that names none of them has none in common: all is new. */
export function compareSchema(plan: DatasetPlan, sample: FieldSample): Drift[] {
  const matches = matchFields(plan, sample.names);
  const taken = new Set(matches.map(({ field }) => field));
  const missing = matches.filter(({ field }) => field < 0).map(({ column }) => column);
  const added = distinct(
    sample.names.filter((name, index) => !taken.has(index) && name !== ''),
    plan,
  );
  const drifts: Drift[] = [];
  for (const name of added) {
    const before = missing.find(({ headers }) => headers.some((header) => areSimilar(header, name)));
    if (before) drifts.push(renamed(before, name));
    else
      drifts.push({
        kind: 'new',
        column_name: name,
        detail: 'the config has no such column',
        header: name,
        is_harm: false,
      });
  }
  const renamedTo = new Set(drifts.filter(({ kind }) => kind === 'renamed').map(({ column_name }) => column_name));
  for (const column of missing) if (!renamedTo.has(column.name)) drifts.push(absent(column));
  for (const { column, field } of matches) {
    const detail = field < 0 ? null : misfit(column, sample.rows, field);
    if (detail !== null)
      drifts.push({ kind: 'retyped', column_name: column.name, detail, header: null, is_harm: true });
  }
  return drifts;
}

/** A name that stands there twice, or only in another case, is one. */
function distinct(names: string[], plan: DatasetPlan): string[] {
  const known = new Set(plan.source_columns.flatMap((index) => plan.columns[index].headers.map(fold)));
  return names.filter((name) => !known.has(fold(name)) && known.add(fold(name)));
}

const fold = (name: string) => name.toLowerCase();

function renamed(column: ColumnPlan, name: string): Drift {
  const detail = `is missing, and ${JSON.stringify(name)} is new and looks like it`;
  return { kind: 'renamed', column_name: column.name, detail, header: name, is_harm: column.required };
}

function absent(column: ColumnPlan): Drift {
  const stands = column.default_value === null ? 'NULL' : `its default ${JSON.stringify(column.default_value)}`;
  const detail = column.required ? 'every row needs it' : `${stands} stands in for it`;
  return { kind: 'missing', column_name: column.name, detail, header: null, is_harm: column.required };
}

/** What is wrong when most values do not fit the type. Values that may be personal are not shown. */
function misfit(column: ColumnPlan, rows: string[][], field: number): string | null {
  const values = rows.map((row) => (row[field] ?? '').trim()).filter((value) => !isBlank(value, column));
  const misfits = values.filter((value) => !fitsType(value, column));
  if (values.length < LEAST_VALUES || misfits.length * 2 <= values.length) return null;
  const shown = column.pii ? '' : `, such as ${JSON.stringify(misfits[0].slice(0, SHOWN_CHARACTERS))}`;
  return `${misfits.length} of ${values.length} sampled values are no ${column.type}${shown}`;
}

/** As cleaning takes a trimmed value for none. */
export function isBlank(value: string, { null_words }: Pick<ColumnPlan, 'null_words'>): boolean {
  return value === '' || null_words.includes(value);
}
