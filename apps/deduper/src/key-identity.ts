import { createHash } from 'node:crypto';
import type { DatasetPlan } from '@millrace/dataset';

/** 16 hex digits: of what a key's hash and part depend on. Versions of a plan that differ in other things share their filters. */
export function keyIdentity({ name, parts, keys, columns }: DatasetPlan): string {
  const key = keys.map((index) => columns[index].postgres_type);
  return createHash('sha256')
    .update(JSON.stringify([name, parts, key]))
    .digest('hex')
    .slice(0, 16);
}
