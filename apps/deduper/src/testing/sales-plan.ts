import type { DatasetPlan } from '@millrace/dataset';

const key = { name: 'order_id', type: 'text', postgres_type: 'text COLLATE "C"' };
/** What the deduper reads of a plan. */
export const plan = {
  name: 'sales',
  fingerprint: '00000000000000aa',
  parts: 4,
  keys: [0],
  columns: [key],
} as unknown as DatasetPlan;
