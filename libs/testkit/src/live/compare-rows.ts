import { SALES_COLUMNS } from '../answer-key.js';
import { digestSql, rowLineSql } from '../digest.js';
import type { Differences } from '../expect/differences.js';
import type { Queries, SourceDigest } from '../expect/found-in-database.js';
import type { LiveAnswer } from './live-answer.js';
import { LiveSales } from './live-sales.js';

const PAGE_ROWS = 2000;
/** How many rows are named before the search for more ends. */
const NAMED = 10;

/** All rows whose order id begins with the prefix ($1) and a hyphen; `.` is what sorts behind `-` in COLLATE "C". */
const OF_PREFIX = `order_id > $1 || '-' and order_id < $1 || '.'`;

const COLUMNS_SQL = SALES_COLUMNS.map((name) => {
  if (name === 'discount_percent') return 'trim_scale(discount_percent)::text as discount_percent';
  if (name === 'sale_date') return `to_char(sale_date, 'YYYY-MM-DD') as sale_date`;
  if (name === 'customer_email') return `coalesce(customer_email, '\\N') as customer_email`;
  return `${name}::text as ${name}`;
}).join(', ');

type Row = Record<(typeof SALES_COLUMNS)[number], string>;

/** Compares every row of an answer by digest; rows are read one by one only to name those that differ. */
export async function compareLiveRows(database: Queries, answer: LiveAnswer, differences: Differences): Promise<void> {
  const { key_prefix, written, rows_digest } = answer;
  const number = `case when substr(order_id, length($1) + 2) ~ '^[0-9]{1,15}$' then substr(order_id, length($1) + 2)::bigint else -1 end`;
  const [found] = await database.query<SourceDigest>(
    digestSql(
      `(select *, 1 as source, ${number} as number from public.sales where ${OF_PREFIX}) as live`,
      'source',
      'number',
      rowLineSql('number'),
    ),
    [key_prefix],
  );
  const { count = 0, digest = '0' } = found ?? {};
  if (count === written && digest === rows_digest) return;
  differences.compare(key_prefix, { rows: written, rows_digest }, { rows: count, rows_digest: digest });
  await nameDifferences(database, answer, differences);
}

/** Makes the rows again and goes along those of the table, both in order of their ids. */
async function nameDifferences(database: Queries, answer: LiveAnswer, differences: Differences): Promise<void> {
  let named = 0;
  const name = (text: string) => {
    named++;
    if (named <= NAMED) differences.add(text);
  };
  const found = pages(database, answer.key_prefix);
  let row = (await found.next()).value;
  for (const fields of expectedRows(answer)) {
    const [key] = fields;
    for (; row && row.order_id < key; row = (await found.next()).value) name(`row [${row.order_id}] must not exist`);
    if (row?.order_id !== key) {
      name(`row [${key}] is missing`);
    } else {
      for (const [index, column] of SALES_COLUMNS.entries()) {
        const value = decimalColumns.has(column) ? padded(row[column], fields[index]) : row[column];
        if (value !== fields[index]) {
          name(`row [${key}]: ${column} is ${JSON.stringify(row[column])}, must be ${JSON.stringify(fields[index])}`);
        }
      }
      row = (await found.next()).value;
    }
    if (named > NAMED) return;
  }
  for (; row && named <= NAMED; row = (await found.next()).value) name(`row [${row.order_id}] must not exist`);
}

const decimalColumns = new Set(['unit_price', 'revenue']);

/** As many decimals as the expected literal has. */
function padded(found: string, expected: string): string {
  const decimals = expected.length - expected.indexOf('.') - 1;
  const [whole, fraction = ''] = found.split('.');
  return `${whole}.${fraction.replace(/0+$/, '').padEnd(decimals, '0')}`;
}

function* expectedRows({ seed, dup, bad, rows_in }: LiveAnswer): Generator<string[]> {
  const waiting: string[][] = [];
  const sales = new LiveSales({ seed, dup, bad, accepted: (fields) => waiting.push(fields) });
  for (let row = 0; row < rows_in; row++) {
    sales.next('csv');
    const fields = waiting.pop();
    if (fields) yield fields;
  }
}

async function* pages(database: Queries, prefix: string): AsyncGenerator<Row, undefined> {
  let after = '';
  for (;;) {
    const rows = await database.query<Row>(
      `select ${COLUMNS_SQL} from public.sales where ${OF_PREFIX} and order_id > $2 order by order_id limit ${PAGE_ROWS}`,
      [prefix, after],
    );
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE_ROWS) return undefined;
    after = last.order_id;
  }
}
