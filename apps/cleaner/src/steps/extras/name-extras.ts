import { MillraceError } from '@millrace/contracts';
import { applyNaming, type DatasetPlan } from '@millrace/dataset';

/** A field of CSV records that no column takes. */
export interface ExtraField {
  /** Its place in the record, and its slot. */
  field: number;
  slot: number;
  /** Its name in `_extra`, as JSON. */
  key: string;
}

/** Every slot takes memory for a whole chunk's records; PostgreSQL's tables have 1600 columns at most. */
const MOST_EXTRAS = 2048;
/** A name is repeated in every row. */
const NAME_BYTES = 128;

/** The fields that `taken` leaves without a slot, each with a name of its own. @throws MillraceError SOURCE_UNREADABLE when there are over 2048 */
export function nameExtras(plan: DatasetPlan, names: readonly string[], taken: Int32Array): ExtraField[] {
  const masked = maskedNames(plan);
  const used = new Map<string, number>();
  const extras: ExtraField[] = [];
  names.forEach((raw, field) => {
    const name = extraName(raw, plan);
    // A second field of that name would bring what its column hides.
    if (taken[field] >= 0 || masked.has(name.toLowerCase()) || masked.has(raw.toLowerCase())) return;
    if (extras.length === MOST_EXTRAS) {
      throw new MillraceError('SOURCE_UNREADABLE', `the header names over ${MOST_EXTRAS} fields that no column takes`);
    }
    const before = used.get(name) ?? 0;
    used.set(name, before + 1);
    const key = JSON.stringify(before === 0 ? name : `${name}_${before + 1}`);
    extras.push({ field, slot: plan.source_columns.length + extras.length, key });
  });
  return extras;
}

/** What a field is called in `_extra`. */
export function extraName(raw: string, { source }: DatasetPlan): string {
  const name = applyNaming(raw, source.column_naming).replaceAll('\0', '\ufffd');
  if (Buffer.byteLength(name) <= NAME_BYTES) return name;
  return Buffer.from(name)
    .toString('utf8', 0, NAME_BYTES)
    .replace(/\ufffd+$/, '');
}

/** The names, without regard to case, under which PII is looked for. */
export function maskedNames({ columns }: DatasetPlan): Set<string> {
  return new Set(columns.filter(({ pii }) => pii !== null).flatMap(({ headers }) => headers.map(folded)));
}

/** The names, without regard to case, that columns are looked for under. */
export function wantedNames({ columns, source_columns }: DatasetPlan): Set<string> {
  return new Set(source_columns.flatMap((index) => columns[index].headers.map(folded)));
}

function folded(name: string): string {
  return name.toLowerCase();
}
