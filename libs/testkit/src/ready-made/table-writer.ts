import { type FileAnswer, totalOf } from '../answer-key.js';
import { decimalText, ExactSum } from '../exact-sum.js';
import { canonicalDecimal } from '../expect/differences.js';
import type { Dice } from '../generator/dice.js';
import { EarlierRows } from './earlier-rows.js';
import { GoldTally, scaled, topOf } from './gold-tally.js';
import type { TableAnswer } from './table-answer.js';
import { type Fault, type FileStyle, TableFile } from './table-file.js';
import type { Row, TableShape } from './table-shape.js';

/** Shares of all records, each from 0 and together below 1. */
export interface Dirtiness {
  dup: number;
  bad: number;
}

export interface TableWriterOptions extends Dirtiness {
  directory: string;
  dice: Dice;
  /**
   * Rows whose place among the accepted ones of their file is the same by this modulus may repeat each other as they are.
   * 1 unless the place says something about the values.
   */
  period?: number;
  /** Another reason to reject than the columns' own, asked now and then: undefined when there is none now. */
  peculiar?: (file: TableFile) => Fault | undefined;
}

/** Writes the files of one table, dirt included, and keeps count of what must come of them. Nothing here parses or cleans. */
export class TableWriter {
  private readonly files: FileAnswer[] = [];
  private readonly gold: GoldTally[];
  private readonly sums = new Map<string, { scale: number; sum: ExactSum }>();
  private readonly orphans: number[];
  private readonly earlier: EarlierRows[];

  constructor(
    readonly shape: TableShape,
    readonly options: TableWriterOptions,
  ) {
    const scaleOf = (name: string) => shape.columns.find((column) => column.name === name)?.scale ?? 0;
    this.gold = shape.gold.map((gold) => new GoldTally(gold, scaleOf));
    for (const { name, kind, scale = 0 } of shape.columns) {
      if (kind === 'integer' || kind === 'decimal') this.sums.set(name, { scale, sum: new ExactSum() });
    }
    this.orphans = (shape.references ?? []).map(() => 0);
    this.earlier = Array.from({ length: options.period ?? 1 }, () => new EarlierRows());
  }

  open(file: string, style: FileStyle = {}): TableFile {
    return new TableFile(this, file, style);
  }

  /** @param reference index in `shape.references` */
  addOrphan(reference: number): void {
    this.orphans[reference] += 1;
  }

  written(row: Row): void {
    for (const gold of this.gold) gold.add(row);
    for (const [name, { scale, sum }] of this.sums) {
      const value = row[name];
      if (value !== null) sum.add(scaled(value, scale));
    }
  }

  earlierAt(place: number): EarlierRows {
    return this.earlier[place % this.earlier.length];
  }

  closed(file: FileAnswer): void {
    this.files.push(file);
  }

  answer(): TableAnswer {
    const { dataset, table, columns, top = [], references = [] } = this.shape;
    const gold = this.gold.map((tally) => tally.answer());
    const sums = [...this.sums].map(([name, { scale, sum }]) => [name, decimalText(sum.total(), scale)]);
    return {
      dataset,
      table,
      columns: columns.map(({ name, kind }) => ({ name, kind })),
      totals: totalOf(this.files),
      files: this.files,
      sums: Object.fromEntries(sums.map(([name, sum]) => [name, canonicalDecimal(sum)])),
      gold,
      top: top.map((view) => topOf(gold.find(({ table }) => table === view.of)!, view)),
      references: references.map((reference, at) => ({ ...reference, orphans: this.orphans[at] })),
    };
  }
}
