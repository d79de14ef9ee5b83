import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type LiveSales, SOURCE_COLUMNS } from '@millrace/testkit';
import type { RowSender, SendCounts } from './produce.js';

/** Rows at the end of a CSV file that grows, as a till or a log writes one: pieces end anywhere, also within a record. */
export class FileSender implements RowSender {
  readonly counts: SendCounts = { requests: 0, repeats: 0, refusals: 0 };
  /** The piece of a record that is not written yet. */
  private waiting: Buffer;

  constructor(
    private readonly path: string,
    private readonly sales: LiveSales,
  ) {
    mkdirSync(dirname(path), { recursive: true });
    this.waiting = Buffer.from(`${SOURCE_COLUMNS.join(',')}\n`);
  }

  async send(rows: number): Promise<void> {
    const records = Array.from({ length: rows }, () => Buffer.concat([this.sales.next('csv'), LINE_END]));
    const bytes = Buffer.concat([this.waiting, ...records]);
    const end = bytes.length - Math.floor((records.at(-1)?.length ?? 0) / 2);
    appendFileSync(this.path, bytes.subarray(0, end));
    this.waiting = bytes.subarray(end);
    this.counts.requests += 1;
  }

  /** Ends the last record. */
  async close(): Promise<void> {
    appendFileSync(this.path, this.waiting);
    this.waiting = Buffer.alloc(0);
  }
}

const LINE_END = Buffer.from('\n');
