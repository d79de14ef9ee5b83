import { parseConfig, planOf } from '@millrace/dataset';
import { describe, expect, it } from 'vitest';
import { compareSchema } from './compare-schema.js';
import { areSimilar } from './similar-names.js';

const plan = planOf(
  parseConfig(
    `name: orders
source: { pattern: "*.csv", column_naming: snake }
table: orders
key: order_id
columns:
  - { name: order_id, type: text, required: true, header: [order_id, "order no"] }
  - { name: quantity, type: integer, required: true }
  - { name: unit_price, type: decimal, number: { decimal: ",", thousands: ".", currency: ["EUR"] } }
  - { name: sold_on, type: date, default: 1970-01-01 }
  - { name: email, type: email, pii: mask }
`,
    'orders.yaml',
  ),
);
const NAMES = ['order_id', 'quantity', 'unit_price', 'sold_on', 'email'];
const row = (changes: Partial<Record<string, string>> = {}) =>
  Object.values({
    order_id: 'A-1',
    quantity: '1',
    unit_price: 'EUR 1.234,50',
    sold_on: '2024-01-31',
    email: 'a@b.c',
    ...changes,
  });
const kinds = (names: string[], rows: string[][] = []) =>
  compareSchema(plan, { names, rows }).map(({ kind, column_name }) => `${kind} ${column_name}`);

describe('the fields of a source', () => {
  it('are those of the dataset in any order, case and spelling that the config allows', () => {
    expect(kinds(NAMES)).toEqual([]);
    expect(kinds(['Email', 'Sold On', 'unitPrice', 'QUANTITY', 'order no'])).toEqual([]);
  });

  it('may be new, once each, and blank names are none', () => {
    expect(kinds([...NAMES, 'note', 'NOTE', '', 'quantity'])).toEqual(['new note']);
  });

  it('may be missing, which does harm where every row needs them', () => {
    const drifts = compareSchema(plan, { names: ['order_id', 'unit_price', 'email'], rows: [] });
    expect(drifts.map(({ kind, column_name, is_harm }) => [kind, column_name, is_harm])).toEqual([
      ['missing', 'quantity', true],
      ['missing', 'sold_on', false],
    ]);
  });

  it('may look renamed', () => {
    expect(kinds(['order_id', 'quantitiy', 'unit_price', 'sold_on', 'e-mail'])).toEqual([
      'renamed quantity',
      'renamed email',
    ]);
  });

  it('may hold another type, when most of their values do', () => {
    const rows = Array.from({ length: 10 }, (_, index) => row({ quantity: index < 6 ? 'many' : '1', email: 'nobody' }));
    const drifts = compareSchema(plan, { names: NAMES, rows });
    expect(drifts.map(({ kind, column_name }) => [kind, column_name])).toEqual([
      ['retyped', 'quantity'],
      ['retyped', 'email'],
    ]);
    expect(drifts[0].detail).toBe('6 of 10 sampled values are no integer, such as "many"');
    expect(drifts[1].detail).not.toContain('nobody');
  });

  it('are dirty rather than of another type when fewer values do not fit, or few are there', () => {
    const dirty = Array.from({ length: 10 }, (_, index) => row({ quantity: index < 5 ? 'many' : '1' }));
    expect(kinds(NAMES, dirty)).toEqual([]);
    expect(
      kinds(
        NAMES,
        Array.from({ length: 4 }, () => row({ quantity: 'many' })),
      ),
    ).toEqual([]);
  });
});

describe('similar names', () => {
  it.each([
    ['order_id', 'Order ID', true],
    ['customer_email', 'customer_emial', true],
    ['quantity', 'quantities', false],
    ['price', 'prize', true],
    ['id', 'ix', false],
    ['', '--', false],
    ['größe', 'GRÖSSE', false],
  ])('%j and %j: %s', (a, b, similar) => {
    expect(areSimilar(a, b)).toBe(similar);
  });
});
