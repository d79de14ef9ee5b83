import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decimalAt, decodeBody, isNull, textAt } from '@millrace/columnar';
import { decodeBatch, openBody } from '@millrace/contracts';
import { loadPlan } from '@millrace/dataset';
import { describe, expect, it } from 'vitest';
import { cleanChunk } from './clean-chunk.js';

const CONFIG = `
name: things
table: things
key: id
parts: 1
columns:
  - { name: id, type: text, required: true }
  - { name: kind, type: text, default: null, dimension: true }
  - { name: note, type: text, default: null }
  - { name: size, type: integer, default: null }
  - { name: price, type: decimal, default: null, precision: 18, scale: 2, min: 1.5, max: 9999999999999999.5 }
  - { name: day, type: date, default: null }
`;

function planOf(text: string) {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-nullable-'));
  writeFileSync(join(directory, 'things.yaml'), text);
  const plan = loadPlan(join(directory, 'things.yaml'));
  rmSync(directory, { recursive: true });
  return plan;
}

const plan = planOf(CONFIG);

/** All rows of the only batch, in schema order. */
function clean(raw: string, records: number): (string | number | null)[][] {
  const place = { first_record: 1, byte_start: 0, byte_end: raw.length, flags: 0 };
  const header = Buffer.from('id,kind,note,size,price,day\n');
  const identity = { source: 1, chunk: 0, plan: plan.fingerprint };
  const { batches } = cleanChunk(plan, { ...identity, ...place, records, header, raw: Buffer.from(raw) });
  const batch = decodeBatch(batches[0].message);
  const { columns } = decodeBody(openBody(batches[0].message, batch), plan);
  return Array.from({ length: batch.rows }, (_, row) =>
    columns.map((column, index) => {
      if (column.encoding === 'text' || column.encoding === 'dictionary') return textAt(column, row);
      if (column.encoding === 'decimal') return decimalAt(column, plan.columns[index].scale, row);
      if (isNull(column.nulls, row)) return null;
      return column.encoding === 'integer' ? column.values[row] : column.days[row];
    }),
  );
}

describe('columns whose default is null', () => {
  it('hold NULL for missing and for invalid values, among others that are there', () => {
    const raw = 'a,k,n,3,1.50,1970-01-02\nb,,,,,\nc,k,,x,1.49,never\nd,l,m,0,2,0001-01-01\n';
    expect(clean(raw, 4)).toEqual([
      ['a', 'k', 'n', 3, '1.50', 1],
      ['b', null, null, null, null, null],
      ['c', 'k', null, null, null, null],
      ['d', 'l', 'm', 0, '2.00', -719162],
    ]);
  });

  it('hold a wide decimal up to its bound, and NULL beyond it', () => {
    const raw =
      'a,,,,9999999999999999.5,\nb,,,,9999999999999999.51,\nc,,,,90071992547409.92,\nd,,,,90071992547409.91,\n';
    expect(clean(raw, 4).map((row) => row[4])).toEqual([
      '9999999999999999.5',
      null,
      '90071992547409.92',
      '90071992547409.91',
    ]);
  });
});
