import { decodeInboxBatch, isInboxBatch } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { type GoldTable, SALES_COLUMNS, SOURCE_COLUMNS } from '../answer-key.js';
import { cleanSale, type Rejection, type Sale } from '../oracle/clean-sale.js';
import { goldOf } from '../oracle/gold.js';
import { answerOf, expectedOfFiles } from '../oracle.js';
import { addGold } from './live-answer.js';
import { LiveSales, type LiveSalesOptions } from './live-sales.js';

const ROWS = 6000;
const usual = { seed: 7, dup: 0.2, bad: 0.2 };

/** What the oracle makes of the rows as a CSV file. */
function oracleOfCsv(sales: LiveSales, rows = ROWS) {
  const lines = Array.from({ length: rows }, () => sales.next('csv').toString('latin1'));
  const bytes = Buffer.from(`${SOURCE_COLUMNS.join(',')}\n${lines.join('\n')}\n`, 'latin1');
  return expectedOfFiles([{ file: 'live.csv', bytes }]);
}

/** What the oracle's rules say of one JSON row; a member's text is its value. */
function judgeJson(row: Buffer): Sale | Rejection {
  let members: Record<string, unknown>;
  try {
    const asWritten = (_key: string, value: unknown, context?: { source: string }) =>
      typeof value === 'number' ? context?.source : value;
    members = JSON.parse(row.toString('utf8'), asWritten);
  } catch {
    return { column: null, code: 'not_json' };
  }
  const bytesOf = (value: unknown) => Buffer.from(String(value ?? '')).toString('latin1');
  return cleanSale(new Map(SOURCE_COLUMNS.map((column) => [column, bytesOf(members[column])])));
}

describe('LiveSales', () => {
  it.each<Partial<LiveSalesOptions>>([{}, { seed: 8, dup: 0, bad: 0 }, { seed: 9, dup: 0.9 }, { seed: 10, bad: 0.8 }])(
    'knows what the oracle finds in its CSV records, with %o',
    (options) => {
      const sales = new LiveSales({ ...usual, ...options, dup: options.dup ?? 0.1, bad: options.bad ?? 0.1 });
      const expected = oracleOfCsv(sales);
      const { totals, gold } = answerOf(expected);
      const { rows_in, written, duplicates, rejected, rejected_by_code } = totals;
      expect(sales.answer('file')).toMatchObject({ rows_in, written, duplicates, rejected, rejected_by_code, gold });
    },
  );

  it('knows what the rules say of its JSON rows', () => {
    const sales = new LiveSales(usual);
    const rows = new Map<string, Sale>();
    const rejected: Record<string, number> = {};
    for (let row = 0; row < ROWS; row++) {
      const verdict = judgeJson(sales.next('json'));
      if ('code' in verdict) rejected[verdict.code] = (rejected[verdict.code] ?? 0) + 1;
      else if (!rows.has(verdict.order_id)) rows.set(verdict.order_id, verdict);
    }
    const answer = sales.answer('inbox');
    expect(rejected).toEqual(answer.rejected_by_code);
    expect(answer).toMatchObject({ rows_in: ROWS, written: rows.size, gold: goldOf([...rows.values()]) });
  });

  it('repeats orders in other bytes with the same values: it does not matter which one is first', () => {
    const lines = new Map<string, Set<string>>();
    const sales = new LiveSales({ ...usual, dup: 0.6, bad: 0 });
    for (let row = 0; row < ROWS; row++) {
      const format = row % 2 ? 'json' : 'csv';
      const text = sales.next(format);
      const bytes = Buffer.concat([Buffer.from(`${SOURCE_COLUMNS.join(',')}\n`), text]);
      const sale = format === 'json' ? judgeJson(text) : expectedOfFiles([{ file: 'one', bytes }]).rows[0];
      const values = SALES_COLUMNS.map((column) => (sale as Sale)[column]);
      const of = lines.get(values[0] as string) ?? new Set();
      lines.set(values[0] as string, of.add(JSON.stringify(values)));
    }
    expect([...lines.values()].filter(({ size }) => size !== 1)).toEqual([]);
    expect(sales.answer('inbox')).toMatchObject({ written: lines.size, duplicates: ROWS - lines.size });
  });

  it('is true of the same rows however they are spelled', () => {
    const told: string[][] = [];
    const answers = [0, 2, 3].map((json_every) => {
      const accepted: string[] = [];
      const sales = new LiveSales({ ...usual, accepted: (fields) => accepted.push(fields.join('|')) });
      for (let row = 0; row < ROWS; row++) sales.next(json_every && row % json_every === 0 ? 'json' : 'csv');
      told.push(accepted);
      const { rejected_by_code: _codes, ...answer } = sales.answer('inbox');
      return answer;
    });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    expect(told[1]).toEqual(told[0]);
  });

  it('gives now and then a message that holds no row at all', () => {
    const sales = new LiveSales({ ...usual, bad: 0.5 });
    const messages = Array.from({ length: ROWS }, () => sales.nextMessage('json'));
    const unreadable = messages.filter((message) => {
      if (!isInboxBatch(message)) return message.toString('latin1').trim() === '';
      expect(() => decodeInboxBatch(message)).toThrow('not a batch');
      return true;
    });
    expect(unreadable.length).toBeGreaterThan(100);
    expect(sales.answer('inbox').rejected_by_code.message_unreadable).toBe(unreadable.length);
  });

  it('gives producers of different seeds no order in common', () => {
    const keysOf = (seed: number) => {
      const keys: string[] = [];
      const sales = new LiveSales({ ...usual, seed, accepted: ([key]) => keys.push(key) });
      for (let row = 0; row < 500; row++) sales.next('csv');
      return keys;
    };
    const [one, other] = [keysOf(1), keysOf(11)];
    expect(one.length).toBeGreaterThan(200);
    expect(one.filter((key) => other.includes(key))).toEqual([]);
  });
});

describe('addGold', () => {
  it('gives the gold of all orders together', () => {
    const parts = [1, 2, 3].map((seed) => {
      const sales = new LiveSales({ ...usual, seed });
      const { rows } = oracleOfCsv(sales, 400);
      return { rows, gold: sales.answer('inbox').gold };
    });
    const sum = addGold(parts.map(({ gold }) => gold));
    const together = goldOf(parts.flatMap(({ rows }) => rows));
    for (const table of Object.keys(together) as GoldTable[]) expect(sum[table]).toEqual(together[table]);
  });
});
