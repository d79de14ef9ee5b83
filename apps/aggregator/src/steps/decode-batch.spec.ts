import { join } from 'node:path';
import { type ColumnData, encodeBody } from '@millrace/columnar';
import { type Batch, encodeBatch, MillraceError } from '@millrace/contracts';
import { type DatasetPlan, loadPlans, planOf } from '@millrace/dataset';
import { describe, expect, it } from 'vitest';
import { decodeBatchMessage } from './decode-batch.js';

const plans = loadPlans(join(import.meta.dirname, '../../../../datasets'));
const plan = [...plans.values()].find(({ name }) => name === 'sales') as DatasetPlan;
const place = { dataset: 'sales', partition: 3 };
const suspects = { suspects: Buffer.of(0b10) };

/** Two rows whose values do not matter here. */
function columns(region = 'north'): ColumnData[] {
  return plan.columns.map(({ encoding, name }) => {
    const text = name === 'region' ? region : 'x';
    const bytes = Buffer.from(text + text);
    const offsets = Uint32Array.of(0, bytes.length / 2, bytes.length);
    if (encoding === 'text') return { encoding, bytes, offsets, nulls: null };
    if (encoding === 'dictionary')
      return { encoding, codes: Uint16Array.of(0, 0), bytes: Buffer.from(text), offsets: offsets.slice(0, 2) };
    if (encoding === 'integer') return { encoding, values: Int32Array.of(1, 2), nulls: null };
    if (encoding === 'date') return { encoding, days: Int32Array.of(1, 2), nulls: null };
    return { encoding, low: Uint32Array.of(1, 2), high: Int32Array.of(0, 0), wide: [], nulls: null };
  });
}

function message(change: Partial<Batch> = {}, data = columns(), last = 4): Buffer {
  const body = encodeBody(data, 2, Uint32Array.of(0, last));
  const batch = { source: 1, chunk: 2, plan: plan.fingerprint, slot: 11, parts: 8, rows: 2, first_record: 5 };
  return encodeBatch({ ...batch, hashes: new Uint32Array(2 * (change.rows ?? 2)), ...change }, body);
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return error instanceof MillraceError ? error.code : String(error);
  }
  return undefined;
}

describe('decoding a screened message', () => {
  it('gives the plan, the columns and the bits', () => {
    const decoded = decodeBatchMessage(message(), suspects, place, plans);
    expect(decoded).toMatchObject({ plan, batch: { source: 1, slot: 11 }, suspects: suspects.suspects });
    expect(decoded.data.records).toEqual(Uint16Array.of(0, 4));
    expect(decoded.data.columns).toHaveLength(plan.columns.length);
  });

  it('takes records of an inbox: from 0, far apart, up to 2^53', () => {
    const far = 2 ** 32 - 1;
    expect(decodeBatchMessage(message({ first_record: 0 }), suspects, place, plans).batch.first_record).toBe(0);
    const last = message({ first_record: Number.MAX_SAFE_INTEGER - far }, columns(), far);
    expect(decodeBatchMessage(last, suspects, place, plans).data.records).toEqual(Uint32Array.of(0, far));
    const beyond = message({ first_record: Number.MAX_SAFE_INTEGER - far + 1 }, columns(), far);
    expect(codeOf(() => decodeBatchMessage(beyond, suspects, place, plans))).toBe('MESSAGE_CONTRACT');
  });

  it.each([
    ['without a value', null, suspects, place, 'MESSAGE_GARBAGE'],
    ['that is no message of ours', Buffer.from('hello'), suspects, place, 'MESSAGE_GARBAGE'],
    ['of a plan that is not known here', message({ plan: 'feedfeedfeedfeed' }), suspects, place, 'PLAN_UNKNOWN'],
    ['in a topic of another dataset', message(), suspects, { ...place, dataset: 'other' }, 'MESSAGE_CONTRACT'],
    ['in a partition that is not its part', message(), suspects, { ...place, partition: 4 }, 'MESSAGE_CONTRACT'],
    ['of another number of parts', message({ parts: 4 }), suspects, place, 'MESSAGE_CONTRACT'],
    ['whose source no table can hold', message({ source: 2 ** 31 }), suspects, place, 'MESSAGE_CONTRACT'],
    ['whose first record is no ordinal', message({ first_record: -1 }), suspects, place, 'MESSAGE_CONTRACT'],
    ['whose body has other rows', message({ rows: 3 }), suspects, place, 'MESSAGE_CONTRACT'],
    [
      'with a dimension that gold cannot index',
      message({}, columns('n'.repeat(513))),
      suspects,
      place,
      'MESSAGE_CONTRACT',
    ],
    ['without bits', message(), {}, place, 'MESSAGE_CONTRACT'],
    ['with too few bits', message(), { suspects: Buffer.alloc(0) }, place, 'MESSAGE_CONTRACT'],
  ])('refuses one %s', (_, value, headers, where, code) => {
    expect(codeOf(() => decodeBatchMessage(value, headers, where, plans))).toBe(code);
  });

  it('refuses a boolean that is neither 0 nor 1, unless it is NULL', () => {
    const typed = planOf({
      ...{ name: 'flags', table: 'flags', key: 'id', parts: 1 },
      columns: [
        { name: 'id', type: 'integer', required: true },
        { name: 'ok', type: 'boolean' },
      ],
    });
    const decode = (values: number[], nulls: Uint8Array | null) => {
      const data: ColumnData[] = [
        { encoding: 'integer', values: Int32Array.of(1, 2), nulls: null },
        { encoding: 'integer', values: Int32Array.from(values), nulls },
      ];
      const value = message({ plan: typed.fingerprint, parts: 1, slot: 0 }, data);
      const where = { dataset: 'flags', partition: 0 };
      return codeOf(() => decodeBatchMessage(value, suspects, where, new Map([[typed.fingerprint, typed]])));
    };
    expect([decode([0, 1], null), decode([0, 2], null), decode([0, 2], Uint8Array.of(0b10))]).toEqual([
      undefined,
      'MESSAGE_CONTRACT',
      undefined,
    ]);
  });
});
