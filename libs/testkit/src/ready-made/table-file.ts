import { join } from 'node:path';
import type { RejectCode } from '@millrace/contracts';
import { FileSink } from '../generator/file-sink.js';
import { csvField, keyText } from './canonical.js';
import { FileTally } from './file-tally.js';
import { dressed } from './spelling.js';
import type { ColumnShape, Row } from './table-shape.js';
import type { TableWriter } from './table-writer.js';

const SOILED_SHARE = 0.06;
const SKIPPED_SHARE = 0.003;
const SKIPPED_LINES = ['', '# exported by the shop', '#"quoted", but a comment', ' \t', '# a,comment,with,commas'];

export interface FileStyle {
  line_end?: '\n' | '\r\n';
  bom?: boolean;
  /** Headers that this file has; every source column without it. */
  headers?: string[];
  /** How this file spells the values of a header. */
  spell?: Record<string, (value: string) => string>;
}

/** What rejects a record: what stands in the field of that column. */
export interface Fault {
  column: string;
  code: RejectCode;
  spelling: string;
}

/** One file of a table. */
export class TableFile {
  private readonly sink: FileSink;
  private readonly tally: FileTally;
  private readonly line_end: string;
  private readonly headers: string[];
  private readonly source: ColumnShape[];
  private readonly spell: NonNullable<FileStyle['spell']>;
  /** Records that pass all rules so far, duplicates among them. */
  accepted = 0;

  constructor(
    private readonly writer: TableWriter,
    file: string,
    { line_end = '\n', bom = false, headers, spell = {} }: FileStyle,
  ) {
    const { shape, options } = writer;
    this.source = shape.columns.filter((column) => !column.derive && (headers?.includes(headerOf(column)) ?? true));
    this.headers = headers ?? this.source.map(headerOf);
    this.sink = new FileSink(join(options.directory, file), 'utf8');
    this.tally = new FileTally(file, shape.columns);
    this.line_end = line_end;
    this.spell = spell;
    this.sink.write(`${bom ? '\ufeff' : ''}${this.headers.join(',')}${line_end}`);
  }

  /** Writes a row, and before it the rejects and duplicates that fall to it. @param make the row that fits a place among the accepted ones */
  write(make: (place: number) => Row): void {
    const { dup, bad, dice } = this.writer.options;
    for (;;) {
      if (dice.unit() < SKIPPED_SHARE) this.skipLine();
      const fate = dice.unit();
      if (fate < bad) this.reject(make(this.accepted));
      else if (fate >= bad + dup || !this.duplicate(make)) break;
    }
    const row = make(this.accepted);
    const raw = this.rawOf(row);
    if (dice.unit() < SOILED_SHARE) this.soil(row, raw);
    for (const { name, derive } of this.writer.shape.columns) if (derive) row[name] = derive(row);
    this.line(raw);
    const record = this.tally.write(row);
    this.writer.written(row);
    const key = keyText(this.writer.shape.key.map((name) => row[name]!));
    this.writer.earlierAt(this.accepted++).add({ raw, key, file: this.tally.file, record }, dice);
  }

  close(): void {
    this.writer.closed(this.tally.answer(this.sink.close()));
  }

  /** How many records stand in it. */
  get records(): number {
    return this.tally.records;
  }

  private rawOf(row: Row): Record<string, string> {
    const raw: Record<string, string> = {};
    for (const column of this.source) {
      const header = headerOf(column);
      const value = row[column.name] ?? '';
      raw[header] = csvField(this.spell[header]?.(value) ?? value);
    }
    return raw;
  }

  private line(raw: Record<string, string>): void {
    this.fields(this.headers.map((header) => raw[header] ?? ''));
  }

  private fields(fields: readonly string[]): void {
    this.sink.write(fields.join(',') + this.line_end);
  }

  private skipLine(): void {
    this.sink.write(this.writer.options.dice.pick(SKIPPED_LINES) + this.line_end);
    this.tally.skip();
  }

  /** Dirt that is no reason to reject. */
  private soil(row: Row, raw: Record<string, string>): void {
    const { dice } = this.writer.options;
    const column = dice.pick(this.source);
    const header = headerOf(column);
    if (column.odd && dice.below(3) > 0) {
      const [value, spellings] = dice.pick(column.odd);
      row[column.name] = value;
      raw[header] = dice.pick(spellings);
    } else if (raw[header] !== '' && !raw[header].includes('"')) {
      raw[header] = dressed(raw[header], dice);
    }
  }

  /** The record of an earlier key: mostly the same bytes, now and then another state of it. False when there is none yet. */
  private duplicate(make: (place: number) => Row): boolean {
    const { dice } = this.writer.options;
    const winner = this.writer.earlierAt(this.accepted).pick(dice);
    if (!winner) return false;
    let { raw } = winner;
    if (dice.below(8) === 0) {
      raw = this.rawOf(make(this.accepted));
      for (const header of this.keyHeaders()) raw[header] = winner.raw[header];
    }
    this.line(raw);
    this.tally.duplicate(winner);
    this.accepted += 1;
    return true;
  }

  private keyHeaders(): string[] {
    const { key, columns } = this.writer.shape;
    return key.map((name) => headerOf(columns.find((column) => column.name === name)!));
  }

  private reject(row: Row): void {
    const { dice, peculiar } = this.writer.options;
    const raw = this.rawOf(row);
    if (dice.below(10) === 0) {
      this.rejectRagged(raw);
      return;
    }
    const { column, code, spelling } = (dice.below(4) === 0 ? peculiar?.(this) : undefined) ?? this.anyFault();
    this.line({ ...raw, [this.headerNamed(column)]: spelling });
    this.tally.reject(column, code);
  }

  private anyFault(): Fault {
    const { dice } = this.writer.options;
    const column = dice.pick(this.source.filter(({ bad }) => bad));
    const [code, spellings] = dice.pick(column.bad!);
    return { column: column.name, code, spelling: dice.pick(spellings) };
  }

  private headerNamed(name: string): string {
    return headerOf(this.writer.shape.columns.find((column) => column.name === name)!);
  }

  private rejectRagged(raw: Record<string, string>): void {
    const { dice } = this.writer.options;
    const fields = this.headers.map((header) => raw[header] ?? '');
    const cut = fields.slice(0, 1 + dice.below(fields.length - 1));
    // A record of blanks only would be a blank line.
    this.fields(dice.below(2) && cut.some((field) => field.trim() !== '') ? cut : [...fields, '']);
    this.tally.reject(null, 'ragged_row');
  }
}

function headerOf({ name, header }: ColumnShape): string {
  return header ?? name;
}
