import { randomUUID } from 'node:crypto';
import { type LiveSales, SOURCE_COLUMNS } from '@millrace/testkit';
import { CommandFailure } from '../failure.js';
import type { RowSender, SendCounts } from './produce.js';
import type { Patience } from './repeat.js';

export const HTTP_FORMATS = ['json', 'csv', 'ndjson'] as const;
export type HttpFormat = (typeof HTTP_FORMATS)[number];

export interface HttpSenderOptions {
  dataset: string;
  sales: LiveSales;
  /** In turn. */
  formats: readonly HttpFormat[];
  /** Base URLs of the ingestors; asked again before each attempt, as those that run may change. */
  urls: () => string[];
  /** Asked before each attempt, too: a key may be exchanged. Undefined: none. */
  apiKey?: () => string | undefined;
  patience: Patience;
}

interface HttpRequest {
  key: string;
  content_type: string;
  body: Buffer;
}

/** Longer than a server that still works may take; after it the request is repeated. */
const ANSWER_MS = 30_000;
const PROBLEM_CHARS = 500;

/** Rows by `POST /v1/datasets/:dataset/rows`: each request is repeated with its key until it has its 202. */
export class HttpSender implements RowSender {
  readonly counts: SendCounts = { requests: 0, repeats: 0, refusals: 0 };
  /** Of this producer alone: the rows of the same seed, sent by another one, are other requests. */
  private readonly run = randomUUID();
  private made = 0;
  private turn = 0;
  /** Until when the servers do not want anything. */
  private later_at = 0;

  constructor(private readonly options: HttpSenderOptions) {}

  send(rows: number): Promise<void> {
    return this.deliver(this.compose(rows));
  }

  async close(): Promise<void> {}

  private compose(rows: number): HttpRequest {
    const { formats, sales } = this.options;
    const format = formats[this.made % formats.length];
    const key = `${this.run}-${this.made}`;
    this.made += 1;
    return { key, ...bodyOf(format, takeRows(sales, format, rows)) };
  }

  private async deliver(request: HttpRequest): Promise<void> {
    const { patience } = this.options;
    for (let attempt = 1; ; attempt++) {
      const wait_ms = this.later_at - Date.now();
      if (wait_ms > 0) await patience.pause(attempt, 'the ingestor asks to come later', wait_ms);
      const answer = await this.attempt(request);
      if (answer.kind === 'accepted') {
        patience.gotThrough();
        this.counts.requests += 1;
        return;
      }
      if (answer.kind === 'later') {
        this.counts.refusals += 1;
        this.later_at = Math.max(this.later_at, Date.now() + answer.wait_ms);
      } else {
        this.counts.repeats += 1;
        await patience.pause(attempt, answer.reason);
      }
    }
  }

  private async attempt({ key, content_type, body }: HttpRequest): Promise<Answer> {
    const urls = this.options.urls();
    if (urls.length === 0) return { kind: 'broken', reason: 'no ingestor runs' };
    const api_key = this.options.apiKey?.();
    const url = new URL(`/v1/datasets/${this.options.dataset}/rows`, urls[this.turn++ % urls.length]);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': content_type,
          'idempotency-key': key,
          ...(api_key !== undefined && { authorization: `Bearer ${api_key}` }),
        },
        body: new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.length),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      return await judge(response);
    } catch (error) {
      if (error instanceof CommandFailure) throw error;
      return { kind: 'broken', reason: describe(error) };
    }
  }
}

type Answer = { kind: 'accepted' } | { kind: 'later'; wait_ms: number } | { kind: 'broken'; reason: string };

async function judge(response: Response): Promise<Answer> {
  const { status } = response;
  // The rest of the answer tells where it is, which nobody here asks for.
  const text = await response.text().catch(() => '');
  if (status === 202) return { kind: 'accepted' };
  if (status === 429 || status === 503) return { kind: 'later', wait_ms: retryAfterMs(response.headers) };
  if (status >= 500 || status === 408) return { kind: 'broken', reason: `status ${status}` };
  throw new CommandFailure(
    'REFUSED',
    `the ingestor answers ${status}: ${text.slice(0, PROBLEM_CHARS)}`,
    status === 401 || status === 403
      ? 'MILLRACE_API_KEY or MILLRACE_API_KEY_FILE with a key for this dataset: npx millrace keys create'
      : 'npx millrace endpoints shows where its API is described',
  );
}

const LATER_MS = 1000;

/** Seconds or a date. */
export function retryAfterMs(headers: Headers, now_ms = Date.now()): number {
  const value = headers.get('retry-after') ?? '';
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date_ms = Date.parse(value);
  return Number.isNaN(date_ms) ? LATER_MS : Math.max(0, date_ms - now_ms);
}

function takeRows(sales: LiveSales, format: HttpFormat, rows: number): Buffer[] {
  return Array.from({ length: rows }, () => sales.next(format === 'csv' ? 'csv' : 'json'));
}

const HEADER = Buffer.from(`${SOURCE_COLUMNS.join(',')}\n`);
const LINE_END = Buffer.from('\n');

export function bodyOf(format: HttpFormat, rows: readonly Buffer[]): Omit<HttpRequest, 'key'> {
  switch (format) {
    case 'csv':
      return { content_type: 'text/csv', body: Buffer.concat([HEADER, joined(rows, LINE_END), LINE_END]) };
    case 'ndjson':
      return { content_type: 'application/x-ndjson', body: Buffer.concat([joined(rows, LINE_END), LINE_END]) };
    default: {
      const list = [Buffer.from('['), joined(rows, Buffer.from(',\n')), Buffer.from(']')];
      return { content_type: 'application/json', body: Buffer.concat(list) };
    }
  }
}

function joined(rows: readonly Buffer[], separator: Buffer): Buffer {
  return Buffer.concat(rows.flatMap((row, index) => (index === 0 ? [row] : [separator, row])));
}

function describe(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message ?? String(error);
}
