import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnswerKey, type FileAnswer, totalOf } from './answer-key.js';
import { Dice } from './generator/dice.js';
import { dressed, soil } from './generator/dirt.js';
import { EarlierOrders } from './generator/earlier-orders.js';
import { FileAnswerBuilder } from './generator/file-answer.js';
import { FileSink } from './generator/file-sink.js';
import { type FileStyle, headerOf, lineOf, styleOf } from './generator/file-style.js';
import { FIELD, makeOrder, type Order, OrderIds } from './generator/order.js';
import { type IntendedReject, leaveUnclosed, spoil } from './generator/reject.js';
import { Tally } from './generator/tally.js';

export interface GenerateSalesOptions {
  /** Data records over all files, rejected and repeated ones included. */
  rows: number;
  /** Number of files. */
  parts: number;
  seed: number;
  /** Share of records that repeat an earlier order_id, 0 to 1. */
  dup: number;
  /** Share of records that must be rejected, 0 to 1. */
  bad: number;
  /** Made when missing. Files of an earlier run in it are replaced. */
  directory: string;
  /** Order ids: rising as a shop's do (default), or scattered over the key space. */
  style?: 'rising' | 'random';
}

export const ANSWER_FILE = 'answer.json';

const DIRTY_SHARE = 0.06;
const SKIPPED_SHARE = 0.0005;
const SKIPPED_LINES = ['', '# exported by the shop', '#"quoted", but a comment', ' \t', '# a,comment,with,commas'];

/**
 * Writes part_0001.csv ... and answer.json into the directory; the same options give the same bytes. The answer is
 * what the generator meant to write, record by record: nothing here parses or cleans. Memory does not grow with rows.
 * @throws RangeError when the options make no sense
 */
export function generateSales(options: GenerateSalesOptions): AnswerKey {
  const { rows, parts, dup, bad, directory } = options;
  if (!(rows >= 0 && parts >= 1 && dup >= 0 && bad >= 0 && dup + bad <= 1)) {
    throw new RangeError('rows must be >= 0, parts >= 1, dup and bad shares that together do not pass 1');
  }
  mkdirSync(directory, { recursive: true });
  removeEarlierRun(directory);
  const run = new SalesRun(options);
  const files: FileAnswer[] = [];
  for (let file = 0; file < parts; file++) {
    const records = Math.floor((rows * (file + 1)) / parts) - Math.floor((rows * file) / parts);
    files.push(run.writeFile(file, records));
  }
  const answer: AnswerKey = { dataset: 'sales', totals: totalOf(files), files, gold: run.tally.gold() };
  writeFileSync(join(directory, ANSWER_FILE), `${JSON.stringify(answer, null, 1)}\n`);
  return answer;
}

/** A stale part_0009.csv beside new files would make the answer wrong. */
function removeEarlierRun(directory: string): void {
  if (!existsSync(join(directory, ANSWER_FILE))) return;
  for (const name of readdirSync(directory)) {
    if (/^part_\d{4,}\.csv$/.test(name)) rmSync(join(directory, name));
  }
  rmSync(join(directory, ANSWER_FILE));
}

function nameOf(file: number): string {
  return `part_${String(file + 1).padStart(4, '0')}.csv`;
}

/** One run over all files: what reaches from one file into the next. */
class SalesRun {
  readonly tally = new Tally();
  private readonly dice: Dice;
  private readonly ids: OrderIds;
  private readonly earlier = new EarlierOrders();

  constructor(private readonly options: GenerateSalesOptions) {
    this.dice = new Dice(options.seed);
    this.ids = new OrderIds(options.style ?? 'rising', options.seed);
  }

  writeFile(file: number, records: number): FileAnswer {
    const { parts, bad, directory } = this.options;
    const style = styleOf(file, parts, bad);
    const sink = new FileSink(join(directory, nameOf(file)));
    const answer = new FileAnswerBuilder(nameOf(file));
    sink.write(`${style.bom ? '\xef\xbb\xbf' : ''}${headerOf(style)}${style.line_end}`);
    for (let record = 1; record <= records; record++) {
      if (this.dice.unit() < SKIPPED_SHARE) {
        sink.write(this.dice.pick(SKIPPED_LINES) + style.line_end);
        answer.skip();
      }
      const last = record === records;
      sink.write(this.nextRecord(file, record, last, style, answer));
      if (!(last && style.ends_open)) sink.write(style.line_end);
    }
    return answer.build(sink.close());
  }

  private nextRecord(file: number, record: number, last: boolean, style: FileStyle, answer: FileAnswerBuilder): string {
    const { dup, bad } = this.options;
    const fate = this.dice.unit();
    if (fate < bad || (last && style.ends_unclosed)) {
      const order = makeOrder(this.dice, this.rejectedKey());
      const reject: IntendedReject = last && style.ends_unclosed ? leaveUnclosed(order) : spoil(order, this.dice);
      answer.reject(record, reject);
      return lineOf(order.raw, style);
    }
    const winner = fate < bad + dup ? this.earlier.pick(this.dice) : undefined;
    if (winner) {
      answer.duplicate(record, winner.key, nameOf(winner.file), winner.record);
      return lineOf(this.repeat(winner), style);
    }
    const order = makeOrder(this.dice, this.ids.take());
    if (this.dice.unit() < DIRTY_SHARE) soil(order, this.dice);
    order.file = file;
    order.record = record;
    this.earlier.add(order, this.dice);
    this.tally.add(order, answer.write(order));
    return lineOf(order.raw, style);
  }

  /** A rejected record may carry the id of an order already written, or the one that the next order will have. */
  private rejectedKey(): string {
    if (this.dice.below(4) > 0) return this.ids.peek();
    return this.earlier.pick(this.dice)?.key ?? this.ids.peek();
  }

  /** Mostly the same bytes; now and then another state of the order, which must lose all the same. */
  private repeat(winner: Order): string[] {
    if (this.dice.below(10) > 0) return winner.raw;
    const { raw } = makeOrder(this.dice, winner.key);
    if (this.dice.below(2)) raw[FIELD.order_id] = dressed(this.dice, winner.key);
    return raw;
  }
}
