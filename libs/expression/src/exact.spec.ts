import fc from 'fast-check';
import { expect, it } from 'vitest';
import { analyzeExpression } from './check.js';
import { exactValue } from './exact.js';
import { valueText } from './exact-casts.js';
import { NotComputable } from './rational.js';
import { cellValue, column, evaluateRows } from './testing/table.js';
import type { Node } from './tree.js';

const columns = [
  column('t', { type: 'text' }),
  column('u', { type: 'text', nullable: false }),
  column('i', { type: 'integer' }),
  column('d', { type: 'date' }),
  column('s', { type: 'timestamp' }),
  column('b', { type: 'boolean' }),
];

const EXPRESSIONS = {
  text: [
    "coalesce(t, 'none') || '/' || u",
    'upper(left(t, i)) || lower(right(t, 2))',
    "case when t = u then 'same' when t > u then t when b then u else null end",
    'substr(t, i, 3)',
    "split_part(t || ',' || u, ',', i)",
    "replace(t, left(u, 1), 'xy')",
    'nullif(trim(t), u)',
    "greatest(t, u, 'm') || least(t, 'b')",
    'concat(t, i, b, d, s)',
    "to_char(s, 'YYYY-MM-DD HH24:MI:SS') || to_char(d, 'IYYY IW ID')",
    "s::text || ' ' || d::text || ' ' || i::text || ' ' || b::text",
    "case i when 1 then 'one' when 2 then t end",
  ],
  boolean: [
    't = u or b and i > 1',
    "t like 'a%' or t ilike '%B_' or u not like '%a%'",
    "t in ('a', u, null)",
    "t not in ('a', 'b')",
    "t between 'a' and u or i not between 0 and 3",
    'd < s and not b',
    '(t is null) = b or (b is not true)',
    'starts_with(t, left(u, 1)) and length(t) > strpos(u, t)',
    't::boolean',
  ],
  date: [
    'd + i',
    "date_trunc('week', d) + 1",
    'coalesce(s::date, d)',
    't::date',
    'greatest(d, s::date)',
    'case when b then d end',
  ],
  timestamp: ["date_trunc('hour', s)", 'coalesce(s, d)', 'd', 't::timestamp', 'least(s, d)', 'nullif(s, d)'],
} as const;

const texts = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'ab',
    'aB ',
    ' x ',
    'a,b',
    'é𝄞z',
    'true',
    'no',
    '2024-01-31',
    '2024-01-31 10:00',
    '9999-12-31T23:59:59Z',
  ),
  fc.string({ unit: 'grapheme', maxLength: 6 }).filter((text) => !text.includes('\0')),
);
const days = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
const row = fc.tuple(
  fc.option(texts),
  texts,
  fc.option(fc.oneof(fc.integer({ min: -3, max: 5 }), fc.integer({ min: -2147483646 })).map(String)),
  fc.option(days.map((text) => text.slice(0, 10))),
  fc.option(days.map((text) => text.replace('Z', '').replace('T', ' '))),
  fc.option(fc.boolean().map(String)),
);

/** By the exact evaluator alone, as text. */
function exactly(root: Node, cells: (string | null)[], type: string): string | null {
  const values = cells.map((cell, index) =>
    cell === null || columns[index].type === 'text' ? cell : cellValue(columns[index].type, cell),
  );
  try {
    const value = exactValue(root, { value: (index) => values[index], file: 'a/b.csv' });
    if (value === null) return null;
    const text = valueText(value, root.type, false);
    return type === 'timestamp' && root.type.kind === 'date' ? `${text} 00:00:00` : text;
  } catch (error) {
    if (error instanceof NotComputable) return '!';
    throw error;
  }
}

for (const [type, expressions] of Object.entries(EXPRESSIONS)) {
  it.each(expressions)(`generated code agrees with the exact evaluator: %s as ${type}`, (text) => {
    const { root, faults } = analyzeExpression(text, columns);
    expect(faults).toEqual([]);
    fc.assert(
      fc.property(fc.array(row, { minLength: 20, maxLength: 20 }), fc.boolean(), (rows, dictionary) => {
        const { cells } = evaluateRows(text, columns, rows, { type: type as 'text', dictionary }, { dictionary });
        expect(cells).toEqual(rows.map((cells) => exactly(root as Node, cells, type)));
      }),
      { numRuns: 8 },
    );
  });
}
