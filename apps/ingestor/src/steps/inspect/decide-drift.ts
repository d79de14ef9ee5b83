import { MillraceError } from '@millrace/contracts';
import { applyNaming, type DatasetPlan } from '@millrace/dataset';
import type { Drift } from '@millrace/profile';

/** A source of a listing, as it was compared with its dataset. */
export interface ComparedSource {
  path: string;
  drifts: Drift[];
  /** Whether it has any column of the dataset: else it is most likely something else, and none of its fields are columns. */
  is_ours: boolean;
}

/** What stands in `millrace.drift_events`: the same difference of several sources of a listing is told once. */
export interface DriftEvent extends Omit<Drift, 'is_harm' | 'header'> {
  /** The first source that has it. */
  path: string;
  action: 'evolved' | 'rejected' | 'ignored' | 'reported';
}

/** A column to be added to the dataset. */
export interface FoundColumn {
  name: string;
  /** Its name in the source, as it is compared with columns. */
  header: string;
  /** The first source that has it. */
  path: string;
}

export interface DriftDecision {
  events: DriftEvent[];
  /** By path: sources that must not be cut. */
  refused: Map<string, MillraceError>;
  columns: FoundColumn[];
}

/** A config has no more. */
const MOST_COLUMNS = 250;
const NAME_BYTES = 63;

/** Decides by the dataset's policy what becomes of the differences of a listing's sources. */
export function decideDrift(plan: DatasetPlan, sources: readonly ComparedSource[]): DriftDecision {
  const decision: DriftDecision = { events: [], refused: new Map(), columns: [] };
  const found = new Map<string, { event: DriftEvent; files: number }>();
  for (const { path, drifts, is_ours: isOurs } of sources) {
    if (plan.source.drift === 'reject') refuse(decision, plan, path, drifts);
    for (const drift of drifts) {
      const column = isOurs ? columnOf(plan, drift, decision.columns) : null;
      if (column) decision.columns.push({ ...column, path });
      const isEvolved = isOurs && isAmong(plan, drift, decision.columns);
      const action = actionOf(plan, drift, decision.refused.has(path), isEvolved);
      note(found, { ...withoutHarm(drift), path, action });
    }
  }
  decision.events = [...found.values()].map(({ event, files }) =>
    files === 1 ? event : { ...event, detail: `${event.detail} (${files} files)` },
  );
  return decision;
}

function refuse({ refused }: DriftDecision, plan: DatasetPlan, path: string, drifts: Drift[]): void {
  const differences = drifts.filter(isDifferent);
  if (differences.length === 0) return;
  const list = differences.map(({ kind, column_name, detail }) => `${kind} ${JSON.stringify(column_name)}: ${detail}`);
  const message = `${path} is not as dataset ${plan.name} wants it: ${list.join('; ')}`;
  refused.set(path, new MillraceError('SCHEMA_DRIFT', message, { place: { file: path, dataset: plan.name } }));
}

/** What is missing alone is no drift where something stands in for it. */
function isDifferent({ kind, is_harm }: Drift): boolean {
  return kind !== 'missing' || is_harm;
}

function actionOf({ source }: DatasetPlan, drift: Drift, is_refused: boolean, is_evolved: boolean) {
  if (source.drift === 'ignore') return 'ignored';
  if (is_refused && isDifferent(drift)) return 'rejected';
  return is_evolved ? 'evolved' : 'reported';
}

/** The column that a difference asks for. None for fields that the config keeps apart or rejects. */
function columnOf(plan: DatasetPlan, drift: Drift, known: FoundColumn[]): Omit<FoundColumn, 'path'> | null {
  const { drift: policy, extra_columns, column_naming } = plan.source;
  if (policy !== 'evolve' || extra_columns !== 'ignore' || drift.header === null) return null;
  const configured = plan.columns.filter(({ hidden }) => !hidden).length;
  if (configured + known.length >= MOST_COLUMNS || isAmong(plan, drift, known)) return null;
  const header = applyNaming(drift.header, column_naming);
  const taken = new Set([...plan.columns, ...known].map(({ name }) => fold(name)));
  return { name: freeName(header, taken), header };
}

function isAmong({ source }: DatasetPlan, { header }: Drift, columns: FoundColumn[]): boolean {
  if (header === null) return false;
  const named = fold(applyNaming(header, source.column_naming));
  return columns.some((column) => fold(column.header) === named);
}

const fold = (name: string) => name.toLowerCase();

/** PostgreSQL cuts names off at 63 bytes; hidden columns begin with `_`. */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const plain = wanted.replaceAll('\0', '');
  const base = plain === '' || plain.startsWith('_') ? `column${plain}` : plain;
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `_${number}`;
    const name = cutTo(base, NAME_BYTES - suffix.length) + suffix;
    if (!taken.has(name.toLowerCase())) return name;
  }
}

function cutTo(text: string, limit_bytes: number): string {
  // A name of a file may be as long as its header: no more than could stay is gone through. Half a pair takes three bytes, and goes.
  let cut = text.slice(0, limit_bytes);
  while (Buffer.byteLength(cut) > limit_bytes) cut = [...cut].slice(0, -1).join('');
  return cut;
}

function withoutHarm({ kind, column_name, detail }: Drift) {
  return { kind, column_name, detail };
}

function note(found: Map<string, { event: DriftEvent; files: number }>, event: DriftEvent): void {
  const key = JSON.stringify([event.kind, event.column_name, event.action, event.kind === 'retyped' || event.detail]);
  const known = found.get(key);
  if (known) known.files++;
  else found.set(key, { event, files: 1 });
}
