import { resolve } from 'node:path';
import {
  type Counts,
  generateChannelSales,
  generateEcommerce,
  generateSales,
  type ReadyMadeAnswer,
  ROWS_A_FILE,
  totalOf,
} from '@millrace/testkit';
import { Command } from 'commander';
import { CommandFailure } from '../failure.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { share } from '../produce/options.js';
import { calendarDate } from '../report/dates.js';
import { formatCount, plural } from '../screen/format.js';
import { formatTable } from '../screen/tables.js';
import { wholeNumber } from '../whole-number.js';

interface Dirt extends OutputOptions {
  seed: number;
  dup: number;
  bad: number;
  out: string;
}
type SalesOptions = Dirt & { rows: number; parts: number };
type ChannelOptions = Dirt & { rows: number; days?: number; from: string };
type EcommerceOptions = Dirt & { customers: number; products: number; orders: number; orphans: number };

export function generateCommand(): Command {
  return new Command('generate')
    .description('write dirty sample files, and an answer key with what must come of them')
    .addCommand(salesCommand())
    .addCommand(channelSalesCommand())
    .addCommand(ecommerceCommand());
}

function salesCommand(): Command {
  return withDirt(new Command('sales'), './data/sales')
    .description('orders of a shop in one table')
    .option('--rows <n>', 'rows in all files together', wholeNumber, 100_000)
    .option('--parts <n>', 'number of files', wholeNumber, 4)
    .action(async ({ json, out, ...options }: SalesOptions) => {
      const directory = resolve(out);
      const { totals, files } = await generated(() => generateSales({ ...options, directory }));
      if (json) return printJson({ directory, files: files.length, ...totals });
      print(`${plural(files.length, 'file')} in ${directory}`);
      print(equation(totals));
      print(nextStep('sales', out));
    });
}

const USUAL_DAYS = 10;

function channelSalesCommand(): Command {
  return withDirt(new Command('channel_sales'), './data/channel_sales')
    .description('sales by channel: a file a channel (web, mobile, store) and day')
    .option('--rows <n>', 'rows that will be written; dirt comes on top', wholeNumber, 10_000)
    .option('--days <n>', `days, a file a channel each (default: ${USUAL_DAYS}, more for many rows)`, wholeNumber)
    .option('--from <date>', 'the first day', calendarDate, '2026-01-01')
    .action(async ({ json, out, days, ...options }: ChannelOptions) => {
      const needed = Math.max(USUAL_DAYS, Math.ceil(options.rows / ROWS_A_FILE));
      const directory = resolve(out);
      const answer = await generated(() => generateChannelSales({ ...options, days: days ?? needed, directory }));
      show(answer, directory, json);
      if (json) return;
      print(nextStep('channel_sales', out));
      print(`Then: npx millrace report --date ${options.from}`);
    });
}

function ecommerceCommand(): Command {
  return withDirt(new Command('ecommerce'), './data/ecommerce')
    .description(
      'eight tables of a shop: customers, products, orders, order_items, inventory, marketing, delivery, feedback',
    )
    .option('--customers <n>', 'customers that will be written', wholeNumber, 10_000)
    .option('--products <n>', 'products', wholeNumber, 495)
    .option('--orders <n>', 'orders, over two years', wholeNumber, 50_000)
    .option('--orphans <rate>', 'share of references that lead nowhere', share, 0.005)
    .action(async ({ json, out, ...options }: EcommerceOptions) => {
      const directory = resolve(out);
      show(await generated(() => generateEcommerce({ ...options, directory })), directory, json);
      if (!json) print(nextStep('datasets/ecommerce', out));
    });
}

function withDirt(command: Command, out: string): Command {
  return command
    .option('--seed <n>', 'the same seed gives the same bytes', wholeNumber, 1)
    .option('--dup <rate>', 'share of duplicates', share, 0.03)
    .option('--bad <rate>', 'share of rows that must be rejected', share, 0.02)
    .option('--out <dir>', 'where to', out)
    .option('--json', 'print JSON');
}

/** Options that make no sense together are the caller's mistake. */
async function generated<T>(make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CommandFailure('USAGE', error.message, 'npx millrace generate --help');
  }
}

function show({ tables }: ReadyMadeAnswer, directory: string, json?: boolean): void {
  const files = tables.reduce((sum, table) => sum + table.files.length, 0);
  const totals = totalOf(tables.map((table) => table.totals));
  if (json) {
    const byTable = tables.map(({ table, totals, references }) => ({ table, ...totals, references }));
    printJson({ directory, files, ...totals, tables: byTable });
    return;
  }
  print(
    formatTable(
      tables.map(({ table, files, totals: { rows_in, written, duplicates, rejected } }) => ({
        table,
        files: formatCount(files.length),
        rows: formatCount(rows_in),
        'to be written': formatCount(written),
        duplicates: formatCount(duplicates),
        'to be rejected': formatCount(rejected),
      })),
    ),
  );
  print(`${plural(files, 'file')} and answer.json in ${directory}`);
  print(equation(totals));
}

function equation({ rows_in, written, duplicates, rejected }: Counts): string {
  const right = `${formatCount(written)} to be written + ${formatCount(duplicates)} duplicates + ${formatCount(rejected)} to be rejected`;
  return `${formatCount(rows_in)} rows = ${right}`;
}

function nextStep(dataset: string, out: string): string {
  return `Next: npx millrace run --once --dataset ${dataset} --path ${out}`;
}
