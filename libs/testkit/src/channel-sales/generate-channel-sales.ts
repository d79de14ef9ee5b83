import { mkdirSync } from 'node:fs';
import { Dice } from '../generator/dice.js';
import { removeEarlierRun, writeAnswer } from '../ready-made/answer-file.js';
import { checkDirtiness } from '../ready-made/dirtiness.js';
import type { ReadyMadeAnswer } from '../ready-made/table-answer.js';
import type { FileStyle } from '../ready-made/table-file.js';
import type { Row } from '../ready-made/table-shape.js';
import { TableWriter } from '../ready-made/table-writer.js';
import {
  BANDS_PERIOD,
  CHANNELS,
  type Channel,
  FAR_PRICES,
  FAR_QUANTITIES,
  makeSale,
  ROWS_PER_OUTLIER,
} from './sale.js';
import { CHANNEL_SALES, spellTimestamp } from './shape.js';

export interface GenerateChannelSalesOptions {
  /** Rows that will be written, over all files; duplicates and rejects come on top. */
  rows: number;
  /** From `from` on; a file a channel and day. */
  days: number;
  /** YYYY-MM-DD */
  from: string;
  seed: number;
  /** Shares of all records. */
  dup: number;
  bad: number;
  /** Made when missing. Files of an earlier run in it are replaced. */
  directory: string;
}

/** A file must be one chunk, as outliers are told from the values of their chunk: about 60 bytes a row, 1 MiB a chunk. */
export const ROWS_A_FILE = 8000;
/** Every so many days all channels come in one file, with a column that tells the channel. */
const COMBINED_EVERY = 5;
const COMBINED_NAME = 'all';
/** Shares of the day's rows. */
const SHARES: Record<Channel, number> = { web: 5, mobile: 3, store: 4 };
const SALES_HEADERS = ['sale_id', 'timestamp', 'product_id', 'quantity', 'unit_price'];

/**
 * Writes web_2026-01-01.csv, mobile_..., store_... and answer.json into the directory; the same options give the same bytes.
 * @throws RangeError when the options make no sense
 */
export function generateChannelSales(options: GenerateChannelSalesOptions): ReadyMadeAnswer {
  const { rows, days, seed, dup, bad, directory } = options;
  checkDirtiness({ dup, bad });
  if (!(rows >= 0 && days >= 1)) throw new RangeError('rows must be >= 0 and days >= 1');
  if (rows / days > ROWS_A_FILE) {
    throw new RangeError(`at most ${ROWS_A_FILE} rows a day: ${rows} rows need ${Math.ceil(rows / ROWS_A_FILE)} days`);
  }
  mkdirSync(directory, { recursive: true });
  removeEarlierRun(directory, /^(web|mobile|store|all)_\d{4}-\d{2}-\d{2}\.csv$/);
  const run = new ChannelRun(options, new Dice(seed));
  const files = Array.from({ length: days }, (_, day) => run.filesOf(day)).flat();
  // In source order: files are registered by their names, and the first of two equal keys wins.
  for (const file of files.toSorted((a, b) => (a.name < b.name ? -1 : 1))) run.write(file);
  const answer: ReadyMadeAnswer = { dataset: 'channel_sales', tables: [run.writer.answer()] };
  writeAnswer(directory, answer);
  return answer;
}

interface ChannelFile {
  name: string;
  day: string;
  rows: number;
  /** Null in a combined file. */
  channel: Channel | null;
  style: FileStyle;
  /** Whether it has a `channel` column. */
  named: boolean;
}

class ChannelRun {
  readonly writer: TableWriter;
  private readonly outliers = new Map<object, number>();

  constructor(
    private readonly options: GenerateChannelSalesOptions,
    private readonly dice: Dice,
  ) {
    const { directory, dup, bad } = options;
    this.writer = new TableWriter(CHANNEL_SALES, {
      directory,
      dup,
      bad,
      dice,
      period: BANDS_PERIOD,
      peculiar: (file) => {
        const before = this.outliers.get(file) ?? 0;
        if (file.accepted < ROWS_PER_OUTLIER * (before + 1)) return undefined;
        this.outliers.set(file, before + 1);
        return dice.below(2)
          ? { column: 'unit_price', code: 'outlier', spelling: dice.pick(FAR_PRICES) }
          : { column: 'quantity', code: 'outlier', spelling: dice.pick(FAR_QUANTITIES) };
      },
    });
  }

  /** The files of one day and how many rows each has. */
  filesOf(index: number): ChannelFile[] {
    const { rows, days, from } = this.options;
    const day = new Date(Date.parse(`${from}T00:00:00Z`) + index * 86_400_000).toISOString().slice(0, 10);
    const of_day = Math.floor((rows * (index + 1)) / days) - Math.floor((rows * index) / days);
    if (index % COMBINED_EVERY === COMBINED_EVERY - 1) {
      const style = { headers: [...SALES_HEADERS, 'channel'] };
      return [{ name: `${COMBINED_NAME}_${day}.csv`, day, rows: of_day, channel: null, style, named: true }];
    }
    let left = of_day;
    return CHANNELS.map((channel, at) => {
      const rows = at === CHANNELS.length - 1 ? left : Math.floor((of_day * SHARES[channel]) / 12);
      left -= rows;
      const named = channel === 'mobile' && index % 2 === 1;
      const headers = named ? ['channel', ...SALES_HEADERS] : SALES_HEADERS;
      const spell = { timestamp: (iso: string) => spellTimestamp(iso, channel) };
      const line_end = channel === 'store' ? '\r\n' : '\n';
      const style: FileStyle = { headers, spell, line_end, bom: channel === 'store' };
      return { name: `${channel}_${day}.csv`, day, rows, channel, style, named };
    });
  }

  write(file: ChannelFile): void {
    const table = this.writer.open(file.name, file.style);
    const sold = { web: 0, mobile: 0, store: 0 };
    for (let row = 0; row < file.rows; row++) {
      const channel = file.channel ?? this.dice.pick(CHANNELS);
      sold[channel] += 1;
      const id = `${channel.toUpperCase()}-${file.day.replaceAll('-', '')}-${String(sold[channel]).padStart(5, '0')}`;
      table.write((place) => this.sale(place, id, channel, file));
    }
    table.close();
  }

  private sale(place: number, id: string, channel: Channel, file: ChannelFile): Row {
    const sale = makeSale(this.dice, place, id, file.day);
    if (channel === 'store' && file.channel) sale.timestamp = `${sale.timestamp!.slice(0, 17)}00Z`;
    sale.source_file = file.name;
    // Of a blank one the file's name tells.
    if (file.named && !(file.channel && this.dice.below(4) === 0)) sale.channel_given = channel;
    return sale;
  }
}
