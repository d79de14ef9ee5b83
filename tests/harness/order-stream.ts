import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceProcess } from './service-process.js';

const ROWS = 40;
const PAUSE_MS = 50;
const TRY_AGAIN_MS = 50;

export interface Sent {
  rows_in: number;
  written: number;
  duplicates: number;
  rejected: number;
  /** Of the amounts of the written rows. */
  total: number;
}

/** Posts orders without a pause to whichever ingestor takes them; one that is not answered goes out again under its key. */
export class OrderStream {
  readonly sent: Sent = { rows_in: 0, written: 0, duplicates: 0, rejected: 0, total: 0 };
  private stopping = false;
  private abandoned = false;
  private readonly running: Promise<void>;

  /** @param ingestors those that run just now */
  constructor(private readonly ingestors: () => ServiceProcess[]) {
    this.running = this.run();
    this.running.catch(() => {});
  }

  /** Resolves when all that was sent is acknowledged. */
  async stop(): Promise<Sent> {
    this.stopping = true;
    await this.running;
    return this.sent;
  }

  /** Sends no more, and leaves what is not acknowledged. */
  abandon(): void {
    this.stopping = true;
    this.abandoned = true;
  }

  private async run(): Promise<void> {
    for (let request = 0; !this.stopping; request++) {
      await this.post(request, this.orders(request));
      await sleep(PAUSE_MS);
    }
  }

  /** One duplicate of the request before, with its amount, and one row that is rejected. */
  private orders(request: number): string {
    const { sent } = this;
    const order = (at: number, row: number) => ({
      id: `${at}-${row}`,
      amount: at + row,
      region: row % 2 ? 'north' : 'south',
    });
    const rows = Array.from({ length: ROWS }, (_, row) => order(request, row));
    sent.written += ROWS;
    sent.total += rows.reduce((sum, { amount }) => sum + amount, 0);
    const others = request === 0 ? [] : [order(request - 1, 7)];
    sent.duplicates += others.length;
    sent.rejected += 1;
    const all = [...rows, ...others, { id: `bad-${request}`, amount: 'many' }];
    sent.rows_in += all.length;
    return all.map((row) => JSON.stringify(row)).join('\n');
  }

  private async post(request: number, body: string): Promise<void> {
    const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': randomUUID() };
    for (let attempt = 0; !this.abandoned; attempt++) {
      const running = this.ingestors().filter(({ isRunning }) => isRunning);
      const ingestor = running[(request + attempt) % Math.max(running.length, 1)];
      if (ingestor) {
        const url = await ingestor.url().catch(() => '');
        const status = await fetch(`${url}/v1/datasets/orders/rows`, { method: 'POST', headers, body }).then(
          (answer) => answer.status,
          () => 0,
        );
        if (status === 202) return;
        // Whatever else there is, such a request is right: it can only be too early or too much.
        if (status >= 400 && status < 500 && status !== 429) throw new Error(`POST answered ${status}`);
      }
      await sleep(TRY_AGAIN_MS);
    }
  }
}
