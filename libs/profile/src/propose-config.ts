import { basename } from 'node:path';
import { type Dialect, isPlain } from '@millrace/contracts';
import { applyNaming } from '@millrace/dataset';
import type { FieldProfile } from './field-profile.js';
import { safeDatasetName, safeName } from './safe-names.js';
import type { FileSample } from './sample.js';

export interface Proposal {
  dataset: string;
  table: string;
  yaml: string;
}

export interface ProposeOptions {
  dataset?: string | undefined;
  /** Glob of the file names; default: the sample's own name, and nothing else. */
  pattern?: string | undefined;
  parts?: number;
  /** A unique column is only guessed from a sample: without a key no row is ever dropped as a duplicate. */
  guess_key?: boolean;
  taken?: { datasets: Set<string>; tables: Set<string> };
}

/** A first config for a file, as YAML with a comment on every guess. */
export function proposeConfig(sample: FileSample, options: ProposeOptions = {}): Proposal {
  const taken = options.taken ?? { datasets: new Set(), tables: new Set() };
  const stem = basename(sample.path).replace(/(\.(csv|tsv|txt|jsonl|ndjson|json|parquet|gz|zst))+$/i, '');
  const dataset = safeDatasetName(options.dataset ?? stem, taken.datasets);
  const table = safeName(options.dataset ?? stem, taken.tables, 'table');
  const columns = columnsOf(sample);
  const key = options.guess_key === false ? undefined : columns.find(({ profile }) => isUnique(profile, sample.rows));
  const lines = [
    `# A first config for ${basename(sample.path)}, from ${sample.rows} ${sample.complete ? 'rows, all of it' : 'rows at its begin'}: read it, then change what is not so.`,
    ...sample.findings.map((finding) => `# ${finding}`),
    `name: ${dataset}`,
    'source:',
    `  pattern: ${text(options.pattern ?? globOf(basename(sample.path)))}`,
    ...formatLines(sample),
    `table: ${text(table)}`,
    ...(key
      ? [`key: ${text(key.name)}  # no value was seen twice; "none" keeps every row`]
      : ['key: none  # no column is surely unique: every row is kept']),
    `parts: ${options.parts ?? 8}`,
    'columns:',
    ...columns.flatMap((column) => columnLines(column, column === key, sample)),
    ...goldLines(columns, table, taken.tables),
  ];
  return { dataset, table, yaml: `${lines.join('\n')}\n` };
}

interface Column {
  name: string;
  profile: FieldProfile;
  declared: NonNullable<FileSample['declared']>[number] | null;
}

function columnsOf({ fields, declared }: FileSample): Column[] {
  const names = new Set<string>();
  return fields.map((profile, index) => {
    const name = safeName(profile.name, names, `column_${index + 1}`);
    return { name, profile, declared: declared?.[index] ?? null };
  });
}

function formatLines({ format, dialect }: FileSample): string[] {
  const lines = [`  format: ${format}`];
  if (format !== 'csv' || !dialect || isPlain(dialect)) return lines;
  return [...lines, '  dialect:', ...dialectLines(dialect).map((line) => `    ${line}`)];
}

function dialectLines(dialect: Dialect): string[] {
  const { quote, escape: by, ...rest } = dialect;
  const how = by === null ? 'none' : by === quote ? 'doubled' : by === '\\' ? 'backslash' : text(by);
  return Object.entries({ ...rest, quote, escape: how })
    .map(([field, value]) => `${field}: ${field === 'escape' || typeof value !== 'string' ? value : text(value)}`)
    .sort();
}

function columnLines({ name, profile, declared }: Column, isKey: boolean, sample: FileSample): string[] {
  const type = declared?.type ?? profile.type;
  const lines = [`  - name: ${text(name)}`];
  if (profile.name !== name) lines.push(`    header: ${text(profile.name)}`);
  lines.push(`    type: ${type}${commentOf(profile, sample)}`);
  if (type === 'decimal' && declared?.precision != null) {
    lines.push(`    precision: ${declared.precision}`, `    scale: ${declared.scale ?? 0}`);
  }
  if (isKey) lines.push('    required: true');
  if (type === 'decimal' && !declared && profile.style) lines.push(`    number: ${styleOf(profile)}`);
  const format = declared ? null : profile.format;
  if (format && format !== 'YYYY-MM-DD' && format !== 'ISO 8601') lines.push(`    formats: [${text(format)}]`);
  if (profile.null_words.size > 0) {
    lines.push(`    null_words: [${[...profile.null_words].map(text).join(', ')}]`);
  }
  if (isDimension(profile, type, sample)) lines.push('    dimension: true', '    default: unknown');
  return lines;
}

function styleOf({ style }: FieldProfile): string {
  const { decimal, thousands, currency } = style as NonNullable<FieldProfile['style']>;
  const words = currency.map(text).join(', ');
  return `{ decimal: ${text(decimal)}, thousands: ${thousands === null ? 'null' : text(thousands)}, currency: [${words}] }`;
}

function commentOf(profile: FieldProfile, { rows }: FileSample): string {
  const notes: string[] = [];
  if (profile.values === 0) notes.push('no value was seen');
  else if (profile.blanks > 0) notes.push(`${share(profile.blanks, rows)} of the rows have none`);
  if (profile.ambiguous_formats.length > 0) {
    notes.push(
      `dates that could be ${profile.ambiguous_formats.join(' or ')}: write type: date and formats: [the right one]`,
    );
  }
  return notes.length > 0 ? `  # ${notes.join('; ')}` : '';
}

const share = (part: number, all: number) => `${Math.max(0.1, Math.round((part / all) * 1000) / 10)}%`;

const UNIQUE_ROWS = 20;
const DIMENSION_VALUES = 50;

/** Every row has a value, and none was seen twice: known only as long as distinct values are remembered. */
function isUnique(profile: FieldProfile, rows: number): boolean {
  if (profile.blanks > 0 || rows < UNIQUE_ROWS || profile.ambiguous_formats.length > 0) return false;
  if (!['text', 'integer', 'bigint'].includes(profile.type) || profile.longest_bytes > 128) return false;
  return profile.isUnique && /(^|_)(id|uuid|key|number|no|nr|code|sku)$/.test(applyNaming(profile.name, 'snake'));
}

function isDimension(profile: FieldProfile, type: string, { rows }: FileSample): boolean {
  return type === 'text' && profile.values > 0 && rows >= 100 && profile.distinct.size <= DIMENSION_VALUES;
}

/** A commented first gold table, where there is something to group by and something to sum. */
function goldLines(columns: Column[], table: string, taken: Set<string>): string[] {
  const day = columns.find(({ profile }) => profile.type === 'date' && !profile.nullable);
  const sum = columns.find(({ profile }) => profile.type === 'decimal' && !profile.nullable);
  if (!day || !sum) return [];
  const name = safeName(`${table}_by_${day.name}`, taken, 'gold');
  return [
    '# Aggregates that stay exact while rows come in; give the dimension required: true or a default first:',
    '# gold:',
    `#   - { table: ${text(name)}, dimensions: [${text(day.name)}], measures: { rows: count, ${text(`${sum.name}_sum`)}: ${text(`sum(${sum.name})`)} } }`,
  ];
}

/** A YAML scalar: plain where that is surely a string, else quoted as JSON, which YAML reads alike. */
function text(value: string): string {
  const isPlainScalar = /^[A-Za-z][\w ./-]*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n|none)$/i.test(value);
  return isPlainScalar && !value.endsWith(' ') ? value : JSON.stringify(value);
}

/** A glob for one name. Braces and such have no escape that every glob reads alike: any character may stand in their place. */
export function globOf(name: string): string {
  return name.replace(/[*?[\]{}()!+@\\]/g, (char) => ('{}!\\'.includes(char) ? '?' : `[${char}]`));
}
