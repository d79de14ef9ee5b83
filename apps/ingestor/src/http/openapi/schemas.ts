import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';
import { PROBLEMS } from '../problem.js';
import { exampleRow } from './example-row.js';

/** Of a list of values that are allowed. */
const SHOWN_VALUES = 20;

const count = { type: 'integer', minimum: 0 };
const rowNumber = { ...count, description: 'From 0, as in the request.' };
const object = (properties: Record<string, object>, required = Object.keys(properties)) => ({
  type: 'object',
  required,
  properties,
});

const receipt = { type: 'string', description: 'Opaque: what GET /v1/receipts/{id} takes.' };
const dataset = { type: 'string' };

const received = object({ receipt, dataset, rows: count, status: { const: 'received' } });

const winner = {
  description: 'The row that holds the key now.',
  anyOf: [
    object({ file: { type: 'string' }, record: { type: 'integer', minimum: 1 } }),
    object({ topic: { type: 'string' }, partition: count, offset: { ...count, format: 'int64' }, row: rowNumber }),
    { type: 'null' },
  ],
};
const duplicate = object({ row: rowNumber, key: { type: 'string' }, duplicate_of: winner });
const reject = object({
  row: rowNumber,
  reason: { type: 'string', examples: ['out_of_range'] },
  column: { type: ['string', 'null'], description: 'null: the row as a whole.' },
  value: { type: ['string', 'null'] },
});
const listed = (item: object) =>
  object({ total: count, rows: { type: 'array', maxItems: 1000, description: 'The first 1000.', items: item } });

const outcome = {
  oneOf: [
    object({ receipt, dataset, status: { const: 'received' } }),
    object({
      receipt,
      dataset,
      status: { const: 'applied' },
      rows: count,
      written: count,
      duplicates: listed(duplicate),
      rejected: listed(reject),
      failed: { ...count, description: 'Rows of chunks that had to be set aside.' },
    }),
  ],
};

const problem = {
  description: 'RFC 9457 problem details.',
  ...object(
    {
      type: { type: 'string', examples: ['urn:millrace:problem:KEY_REUSED'] },
      title: { type: 'string' },
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: { type: 'string' },
      instance: { type: 'string', description: 'Of this one occurrence; the log of the server has it too.' },
      code: { enum: Object.keys(PROBLEMS) },
      row: rowNumber,
      column: { type: 'string' },
      byte: count,
    },
    ['type', 'title', 'status', 'detail', 'instance', 'code'],
  ),
};

/** Schemas that all datasets share. */
export const SCHEMAS = { received, outcome, problem };

/** A row of a dataset. What breaks it is rejected by itself; it never fails the request. */
export function rowSchema(plan: DatasetPlan): object {
  const columns = plan.source_columns.map((index) => plan.columns[index]);
  return {
    description: `A row of ${plan.name}. A row that breaks its rules is rejected, and the receipt names it; the request stands.`,
    ...object(
      Object.fromEntries(columns.map((column) => [column.headers[0], columnSchema(column)])),
      columns.filter(({ required }) => required).map(({ headers }) => headers[0]),
    ),
    examples: [exampleRow(plan)],
  };
}

function columnSchema(column: ColumnPlan): object {
  const { type, required, default_value, min, max, above, values, pattern } = column;
  const isNumber = type === 'integer' || type === 'bigint' || type === 'decimal';
  const own = isNumber ? ['number'] : type === 'boolean' ? ['boolean'] : type === 'json' ? ['object', 'array'] : [];
  const types = [...own, 'string', ...(required ? [] : ['null'])];
  const rules = [
    isNumber ? `${type}, as a number or as text` : type,
    ...momentRules(column),
    ...(values === null ? [] : [`one of ${values.slice(0, SHOWN_VALUES).join(', ')}`]),
    ...(pattern === null ? [] : [`matches ${pattern}`]),
    ...(min === null ? [] : [`at least ${min}`]),
    ...(max === null ? [] : [`at most ${max}`]),
    ...(above === null ? [] : [`above ${above}`]),
    required ? 'required' : `${default_value ?? 'NULL'} stands in for what is missing or invalid`,
  ];
  return { type: types, description: `${rules.join('; ')}.` };
}

function momentRules({ type, formats }: ColumnPlan): string[] {
  if (type !== 'date' && type !== 'timestamp') return [];
  if (formats !== 'auto' && formats.length > 0) return [formats.join(' or ')];
  return [type === 'date' ? 'YYYY-MM-DD' : 'ISO 8601'];
}
