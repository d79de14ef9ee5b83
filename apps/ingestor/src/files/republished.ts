import type { MillraceError } from '@millrace/contracts';
import type { Republication } from '@millrace/postgres';
import type { ChunkRow } from '../steps/chunk-row.js';

/** How far a republication came, and what it could not do; written down as it goes. */
export class Republished implements Pick<Republication, 'id' | 'next_chunk' | 'chunks' | 'error'> {
  readonly id: number;
  next_chunk: number;
  chunks: number;
  error: Republication['error'];
  /** Chunks of an inbox whose messages are gone, those that an earlier owner met included. */
  private lost: number;

  constructor({ id, next_chunk, chunks, error }: Republication) {
    this.id = id;
    this.next_chunk = next_chunk;
    this.chunks = chunks;
    this.error = error;
    this.lost = error?.lost_chunks ?? 0;
  }

  published({ chunk }: ChunkRow): void {
    this.chunks++;
    this.next_chunk = chunk + 1;
  }

  missing({ chunk }: ChunkRow): void {
    this.lost++;
    const first = this.error?.first_lost ?? chunk;
    this.next_chunk = chunk + 1;
    const what = this.lost === 1 ? `chunk ${first}` : `${this.lost} chunks from chunk ${first} on`;
    const message = `the inbox no longer has the messages of ${what} as they were recorded`;
    this.error = { code: 'INBOX_LOST', message, lost_chunks: this.lost, first_lost: first };
  }

  /** Nothing behind the chunk that it met is published. */
  fail({ code, message }: MillraceError): void {
    this.error = { code, message: `${message}: from chunk ${this.next_chunk} on nothing was published again` };
  }
}
