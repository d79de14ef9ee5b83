import { PARQUET_BOUNDS } from './bounds.js';
import { ParquetFault } from './fault.js';

/** Counts what the pages of all columns take that are held at the same time. */
export class HeldPages {
  private size_bytes = 0;

  /** @throws ParquetFault when it becomes too much */
  add(size_bytes: number): void {
    this.size_bytes += size_bytes;
    if (this.size_bytes <= PARQUET_BOUNDS.held_bytes) return;
    throw new ParquetFault(`pages of over ${PARQUET_BOUNDS.held_bytes} bytes would have to be held at once`, true);
  }

  remove(size_bytes: number): void {
    this.size_bytes -= size_bytes;
  }
}
