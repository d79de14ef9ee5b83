import { type ColumnData, type Columns, highLane } from '@millrace/columnar';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyOrder } from './key-order.js';

function textColumn(texts: string[]): ColumnData {
  const offsets = new Uint32Array(texts.length + 1);
  texts.forEach((text, row) => {
    offsets[row + 1] = offsets[row] + Buffer.byteLength(text);
  });
  return { encoding: 'text', bytes: Buffer.from(texts.join('')), offsets, nulls: null };
}

/** Batches of the lists, all rows of each; `order` are numbers over all of them. */
function orderOf<T>(lists: T[][], columnsOf: (list: T[]) => ColumnData[], keys: number[]): number[] {
  let from = 0;
  const rows: number[] = [];
  const batches = lists.map((list, at) => {
    const data: Columns = { rows: list.length, records: Uint16Array.from(list.keys()), columns: columnsOf(list) };
    rows.push(...list.keys());
    const batch = {
      data,
      source: 1 + (at >> 1),
      first_record: 100 * (lists.length - at),
      from,
      to: from + list.length,
    };
    from += list.length;
    return batch;
  });
  return [...new KeyOrder().of(batches, Uint32Array.from(rows), keys)];
}

const inOrder = <T>(all: T[], compare: (a: T, b: T) => number) =>
  [...all.keys()].sort((a, b) => compare(all[a], all[b]) || a - b);

describe('the order of keys', () => {
  it('of texts is that of their first bytes behind what all have in common, and otherwise the one in which they came', () => {
    const text = fc.stringMatching(/^[a-d]{0,4}$/);
    fc.assert(
      fc.property(
        fc.array(fc.array(text, { maxLength: 30 }), { maxLength: 5 }),
        fc.constantFrom('', 'order-'),
        (lists, prefix) => {
          const named = lists.map((list) => list.map((one) => prefix + one));
          const order = orderOf(named, (list) => [textColumn(list)], [0]);
          expect(order).toEqual(inOrder(named.flat(), (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
        },
      ),
    );
  });

  it('of numbers is theirs, below zero as well', () => {
    const numbers = fc.array(fc.array(fc.oneof(fc.integer(), fc.integer({ min: -3, max: 3 })), { maxLength: 30 }), {
      maxLength: 4,
    });
    const decimals = (list: number[]): ColumnData[] => [
      { encoding: 'integer', values: Int32Array.from(list), nulls: null },
      {
        ...{ encoding: 'decimal', wide: [], nulls: null },
        low: Uint32Array.from(list, (one) => (one * 4096) >>> 0),
        high: Int32Array.from(list, (one) => highLane(one * 4096)),
      },
    ];
    fc.assert(
      fc.property(numbers, fc.constantFrom(0, 1), (lists, key) => {
        expect(orderOf(lists, decimals, [key])).toEqual(inOrder(lists.flat(), (a, b) => a - b));
      }),
    );
  });

  it('of several columns is that of the first, then of the next', () => {
    const rows = fc.array(fc.array(fc.tuple(fc.nat(3), fc.constantFrom('x', 'y', 'z')), { maxLength: 30 }), {
      maxLength: 4,
    });
    const columns = (list: [number, string][]): ColumnData[] => [
      textColumn(list.map(([, text]) => text)),
      { encoding: 'date', days: Int32Array.from(list, ([day]) => day), nulls: null },
    ];
    fc.assert(
      fc.property(rows, (lists) => {
        const wanted = inOrder(lists.flat(), ([a, x], [b, y]) => a - b || (x < y ? -1 : x > y ? 1 : 0));
        expect(orderOf(lists, columns, [1, 0])).toEqual(wanted);
      }),
    );
  });

  it('without a key is that of the places that rows came from', () => {
    const lists = [[0, 0], [0, 0, 0], [0]];
    // Sources 1, 1 and 2, with first records 300, 200 and 100.
    expect(orderOf(lists, () => [], [])).toEqual([2, 3, 4, 0, 1, 5]);
  });
});
