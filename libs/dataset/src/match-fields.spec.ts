import { expect, it } from 'vitest';
import { matchFields, planOf } from './index.js';

/** The place of each column among the names; -1 = absent. */
function places(names: string[], columns: (string | string[])[], column_naming = 'as_is'): number[] {
  const plan = planOf({
    ...{ name: 'x', table: 'x', key: 'none', source: { column_naming } },
    columns: columns.map((header, index) => ({ name: `column_${index}`, header, type: 'text' })),
  });
  return matchFields(plan, names).map(({ field }) => field);
}

it('fields are found by exact name, else whatever their case; the first of several', () => {
  expect(places(['B', 'a', 'A', 'b', 'a'], ['a', 'A', 'b', 'c'])).toEqual([1, 2, 3, -1]);
  expect(places(['X', 'x ', 'Order_ID'], ['x', 'order_id'])).toEqual([0, 2]);
});

it('a column takes the first of its headers that is there, and no field is taken twice', () => {
  expect(places(['new', 'old'], [['older', 'old', 'new']])).toEqual([1]);
  expect(places(['a'], ['A', 'a'])).toEqual([-1, 0]);
});

it('names are compared as the naming makes them, and as they stand', () => {
  expect(places(['Unit Price', 'id'], ['unit_price', 'id'], 'snake')).toEqual([0, 1]);
  expect(places(['Unit Price'], ['Unit Price'], 'snake')).toEqual([0]);
});
