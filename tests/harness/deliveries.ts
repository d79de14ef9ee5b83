import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnswerKey, generateSales } from '@millrace/testkit';

export interface Delivery {
  directory: string;
  answer: AnswerKey;
}

/** Directories of dirty sales files whose keys never meet, so that their answers hold side by side in one database. */
export function makeDeliveries(count: number, rows: number): { deliveries: Delivery[]; remove: () => void } {
  const base = mkdtempSync(join(tmpdir(), 'millrace-deliveries-'));
  const deliveries = Array.from({ length: count }, (_, index) => {
    const directory = join(base, `delivery_${index + 1}`);
    const answer = generateSales({
      rows,
      parts: 3,
      seed: 100 + index,
      dup: 0.05,
      bad: 0.04,
      directory,
      style: 'random',
    });
    return { directory, answer };
  });
  return { deliveries, remove: () => rmSync(base, { recursive: true, force: true }) };
}
