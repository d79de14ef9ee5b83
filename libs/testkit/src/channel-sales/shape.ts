import { BLANK, type ColumnShape, type TableShape } from '../ready-made/table-shape.js';
import { amountOf, type Channel } from './sale.js';

const REQUIRED: ColumnShape['bad'] = [['blank', [...BLANK, 'N/A', '-']]];

/** How each channel writes its timestamps; the config names these three formats. */
const SPELL_TIMESTAMP: Record<Channel, (iso: string) => string> = {
  web: (iso) => iso,
  mobile: (iso) => iso.slice(0, 19).replace('T', ' '),
  // Tills know no seconds.
  store: (iso) => `${iso.slice(8, 10)}.${iso.slice(5, 7)}.${iso.slice(0, 4)} ${iso.slice(11, 16)}`,
};

/** What channel sales must become: datasets/channel_sales.yaml says the same. */
export const CHANNEL_SALES: TableShape = {
  dataset: 'channel_sales',
  table: 'staging_sales',
  key: ['sale_id'],
  columns: [
    { name: 'sale_id', kind: 'text', bad: REQUIRED },
    {
      name: 'timestamp',
      kind: 'timestamp',
      bad: [...REQUIRED, ['not_timestamp', ['yesterday', '2026-02-30T10:00:00Z', '2026-13-01 10:00:00', '10:30']]],
    },
    { name: 'product_id', kind: 'text', bad: REQUIRED },
    {
      name: 'quantity',
      kind: 'integer',
      bad: [...REQUIRED, ['not_integer', ['-3', '-1', 'two', '1.5']], ['out_of_range', ['0']]],
    },
    {
      name: 'unit_price',
      kind: 'decimal',
      scale: 2,
      bad: [...REQUIRED, ['not_decimal', ['-64.50', '-1', 'free', '6O.00']], ['out_of_range', ['0', '0.00', '61.999']]],
    },
    { name: 'channel_given', kind: 'text', header: 'channel', odd: [[null, ['', ' ', 'N/A', '-']]] },
    { name: 'channel', kind: 'text', derive: (row) => row.channel_given ?? row.source_file!.split('_')[0] },
    { name: 'sale_date', kind: 'date', derive: (row) => row.timestamp!.slice(0, 10) },
    { name: 'amount', kind: 'decimal', scale: 2, derive: (row) => amountOf(row.quantity!, row.unit_price!) },
    { name: 'source_file', kind: 'text', derive: (row) => row.source_file },
  ],
  gold: [
    {
      table: 'reporting_daily_sales',
      dimensions: ['sale_date', 'channel'],
      measures: {
        sales: 'count',
        quantity: ['sum', 'quantity'],
        revenue: ['sum', 'amount'],
        unit_price_sum: ['sum', 'unit_price'],
        min_unit_price: ['min', 'unit_price'],
        max_unit_price: ['max', 'unit_price'],
        average_unit_price: ['avg', 'unit_price'],
      },
    },
    {
      table: 'reporting_daily_products',
      dimensions: ['sale_date', 'product_id'],
      measures: { sales: 'count', quantity: ['sum', 'quantity'], revenue: ['sum', 'amount'] },
    },
  ],
  top: [
    { view: 'top5_products_by_quantity', of: 'reporting_daily_products', by: 'quantity', within: ['sale_date'], n: 5 },
    { view: 'top5_products_by_revenue', of: 'reporting_daily_products', by: 'revenue', within: ['sale_date'], n: 5 },
  ],
};

/** An ISO 8601 timestamp as this channel's till or shop writes it. */
export function spellTimestamp(iso: string, channel: Channel): string {
  return SPELL_TIMESTAMP[channel](iso);
}
