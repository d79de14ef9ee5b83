/** The bound on what all filters of a process take together. Filters ask before they grow. */
export class MemoryBudget {
  private reserved_bytes = 0;

  constructor(readonly max_bytes: number) {}

  get used_bytes(): number {
    return this.reserved_bytes;
  }

  /** False when it does not fit: nothing is reserved then. */
  reserve(size_bytes: number): boolean {
    if (this.reserved_bytes + size_bytes > this.max_bytes) return false;
    this.reserved_bytes += size_bytes;
    return true;
  }

  /** For what must exist whatever the bound says: a filter's first generation. */
  reserveAnyway(size_bytes: number): void {
    this.reserved_bytes += size_bytes;
  }

  release(size_bytes: number): void {
    this.reserved_bytes -= size_bytes;
  }
}
