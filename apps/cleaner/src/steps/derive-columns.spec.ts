import { type Chunk, REJECT_CODES } from '@millrace/contracts';
import { compilePlan, type DatasetPlan, parseConfig } from '@millrace/dataset';
import { describe, expect, it } from 'vitest';
import { canonicalValue } from './canonical-value.js';
import { deriveColumns } from './derive-columns.js';
import { parseChunk } from './parse-chunk.js';
import { rejectFaultyRecords, validateColumns } from './validate-columns.js';
import { derivedColumn } from './values/derive-expression.js';
import { NO_COLUMN, type WorkingSet, workingSetOf } from './working-set.js';

const CONFIG = `
name: orders
source: { pattern: "*.csv", extra_columns: keep }
table: orders
key: id
parts: 1
columns:
  - { name: id, type: text, required: true }
  - { name: total, type: decimal, precision: 12, scale: 2, derive: "quantity * price * (1 - percent / 100)" }
  - { name: quantity, type: integer, required: true }
  - { name: price, type: decimal, precision: 10, scale: 2, required: true }
  - { name: percent, type: decimal, precision: 5, scale: 2, default: 0 }
  - { name: channel, type: text, default: null, dimension: true }
  - { name: each, type: decimal, precision: 12, scale: 4, derive: "total / quantity" }
  - { name: kind, type: text, dimension: true, derive: "coalesce(upper(channel), 'NONE') || case when total > 100 then '+' else '' end" }
  - { name: label, type: text, on_invalid: "null", derive: "id || ' from ' || _file" }
gold:
  - { table: web, dimensions: [kind], where: "channel = 'web' and each > 1", measures: { orders: count } }
`;

const planOf = (text = CONFIG): DatasetPlan => compilePlan(parseConfig(text, 'orders.yaml'));

function chunkOf(plan: DatasetPlan, lines: string[]): Chunk {
  const raw = Buffer.from(`${lines.join('\n')}\n`);
  const context = { format: 'csv', path: 'shop/a.csv', dialect: null, names: null, date_formats: {} } as const;
  return {
    ...{ source: 1, chunk: 0, plan: plan.fingerprint, flags: 0, first_record: 1, byte_start: 0, byte_end: raw.length },
    ...{ records: lines.length, header: Buffer.from('id,quantity,price,percent,channel\n'), raw, context },
  };
}

function derive(plan: DatasetPlan, lines: string[]): WorkingSet {
  const chunk = chunkOf(plan, lines);
  const set = workingSetOf(plan, chunk, parseChunk(plan, chunk));
  rejectFaultyRecords(set);
  validateColumns(set);
  deriveColumns(set);
  return set;
}

/** Of an accepted record its values by column; of a rejected one its code and column. */
function outcome(set: WorkingSet, row: number, names: string[]): (string | null)[] {
  const { plan, failure, failed_column } = set;
  if (failure[row] !== 0) {
    const column = failed_column[row] === NO_COLUMN ? null : plan.columns[failed_column[row]].name;
    return [REJECT_CODES[failure[row] - 1], column];
  }
  return names.map((name) => canonicalValue(set, plan.columns.find((column) => column.name === name)!, row));
}

describe('columns derived by expressions', () => {
  it('are computed from the source and from what is derived before them, filters last', () => {
    const set = derive(planOf(), ['a,3,9.99,10,web', 'b,1,500,0,', 'c,2,0.01,,store']);
    const names = ['total', 'each', 'kind', 'label', '_where_1'];
    expect([0, 1, 2].map((row) => outcome(set, row, names))).toEqual([
      ['26.97', '8.99', 'WEB', 'a from shop/a.csv', 'true'],
      ['500', '500', 'NONE+', 'b from shop/a.csv', null],
      ['0.02', '0.01', 'STORE', 'c from shop/a.csv', 'false'],
    ]);
  });

  it('reject a row for which they cannot be computed, and leave it alone from then on', () => {
    const set = derive(planOf(), ['a,0,1,0,web', 'b,x,1,0,web', 'c,2147483647,99999999.99,0,web', 'd,1,1,0,web']);
    expect([0, 1, 2, 3].map((row) => outcome(set, row, ['each']))).toEqual([
      ['not_derivable', 'each'],
      ['not_integer', 'quantity'],
      ['not_derivable', 'total'],
      ['1'],
    ]);
  });

  it('are NULL instead where the column says so', () => {
    const plan = planOf(CONFIG.replace('name: each, ', 'name: each, on_invalid: "null", '));
    const set = derive(plan, ['a,0,1,0,web', 'b,2,3,0,web']);
    expect([0, 1].map((row) => outcome(set, row, ['id', 'each', '_where_1']))).toEqual([
      ['a', null, null],
      ['b', '3', 'true'],
    ]);
  });

  it('hold texts that are longer than the chunk itself', () => {
    const plan = planOf(CONFIG.replace("id || ' from ' || _file", `replace(id, 'a', '${'b'.repeat(2000)}')`));
    const lines = Array.from({ length: 2000 }, (_, index) => `a${index},1,1,0,web`);
    const set = derive(plan, lines);
    expect(set.records.spare).toBeGreaterThan(2000 * 2000);
    for (const row of [0, 1, 1999]) {
      const { start, end } = set.columns[8] as { start: Uint32Array; end: Uint32Array } & WorkingSet['columns'][0];
      expect(set.records.bytes.toString('latin1', start[row], end[row])).toBe(`${'b'.repeat(2000)}${row}`);
      expect(outcome(set, row, ['id', 'kind'])).toEqual([`a${row}`, 'WEB']);
    }
  });

  it('are compiled once for all chunks of a plan', () => {
    const plan = planOf();
    const compiled = () =>
      plan.columns.flatMap((column) =>
        column.derive?.function === 'expression'
          ? [derivedColumn(plan, column, column.derive.expression).compiled]
          : [],
      );
    const before = compiled();
    for (const line of ['a,1,1,0,web', 'b,2,1,0,store', 'c,3,1,0,']) derive(plan, [line]);
    expect(compiled()).toEqual(before);
    expect(compiled().every((one, index) => one === before[index])).toBe(true);
    expect(before.map(({ generated }) => generated)).toEqual([1, 1, 1, 1, 1]);
  });
});
