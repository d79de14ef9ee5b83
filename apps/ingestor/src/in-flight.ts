import { CHUNK_FLAG, isWholeReject, LIMITS } from '@millrace/contracts';
import { metrics } from '@millrace/telemetry';
import { type ChunkRow, keyOf } from './steps/chunk-row.js';

/** Some chunks are always on their way. */
const LEAST_BYTES = 4 * LIMITS.chunk_bytes;

/** The bytes of this process that are published and not resolved, of all its flights together. */
export class InFlightBytes {
  private size_bytes = 0;
  private limit: number;

  /** @param most_bytes what the limit never goes beyond @param stage label of the gauges */
  constructor(
    private readonly most_bytes: number,
    private readonly stage = 'files',
  ) {
    this.limit = most_bytes;
    this.show();
  }

  get limit_bytes(): number {
    return this.limit;
  }

  /** Goes on from another limit than the present one. */
  begin(limit_bytes: number): void {
    this.limit = Math.min(this.most_bytes, Math.max(limit_bytes, LEAST_BYTES));
    this.show();
  }

  shrink(): void {
    if (this.limit > LEAST_BYTES) this.begin(this.limit / 2);
  }

  grow(): void {
    if (this.limit < this.most_bytes) this.begin(this.limit * 1.25);
  }

  add(size_bytes: number): void {
    this.size_bytes += size_bytes;
    metrics.inFlightBytes.set({ stage: this.stage }, this.size_bytes);
  }

  hasRoomFor(size_bytes: number): boolean {
    return this.size_bytes + size_bytes <= this.limit;
  }

  private show(): void {
    metrics.inFlightLimitBytes.set({ stage: this.stage }, this.limit);
  }
}

/** The chunks of one flight that have no outcome yet. */
export class OutstandingChunks {
  private readonly chunks = new Map<string, { row: ChunkRow; size_bytes: number }>();
  private readonly bySource = new Map<number, number>();

  constructor(private readonly bytes: InFlightBytes) {}

  get count(): number {
    return this.chunks.size;
  }

  rows(): ChunkRow[] {
    return [...this.chunks.values()].map(({ row }) => row);
  }

  has(row: ChunkRow): boolean {
    return this.chunks.has(keyOf(row));
  }

  /** Whether no chunk of the source waits for its outcome. */
  isClear(source: number): boolean {
    return !this.bySource.has(source);
  }

  add(row: ChunkRow, size_bytes: number): void {
    const key = keyOf(row);
    if (this.chunks.has(key)) return;
    this.chunks.set(key, { row, size_bytes });
    this.bySource.set(row.source, (this.bySource.get(row.source) ?? 0) + 1);
    this.bytes.add(size_bytes);
  }

  drop(rows: ChunkRow[]): void {
    for (const row of rows) {
      const chunk = this.chunks.get(keyOf(row));
      if (!chunk) continue;
      this.chunks.delete(keyOf(row));
      const left = (this.bySource.get(row.source) ?? 0) - 1;
      if (left > 0) this.bySource.set(row.source, left);
      else this.bySource.delete(row.source);
      this.bytes.add(-chunk.size_bytes);
    }
  }
}

/** What a chunk's body measures as far as its row tells: nothing where it is no range of a file. */
export function sizeOf(row: ChunkRow): number {
  return isWholeReject(row.flags) || row.flags & CHUNK_FLAG.entries ? 0 : row.byte_end - row.byte_start;
}
