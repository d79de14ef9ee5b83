import { ENTRY_BYTES, ENTRY_KIND, type EntryKind, LIMITS, writeEntry } from '@millrace/contracts';

interface Entry {
  record: number;
  kind: EntryKind;
  bytes: Buffer;
}

const NONE = Buffer.alloc(0);

/** Gathers the records of one chunk, and lays them out as entries. */
export class EntriesBuilder {
  private readonly entries: Entry[] = [];
  private size_bytes = 0;
  /** Under which the last CSV entry stands. */
  private header: Buffer = NONE;
  records = 0;

  /** undefined before the first record. */
  get first_record(): number | undefined {
    return this.entries[0]?.record;
  }

  /** Whether one more record keeps the chunk within its bounds. */
  fits(kind: EntryKind, header: Buffer, bytes: Buffer): boolean {
    const header_bytes = this.needsHeader(kind, header) ? ENTRY_BYTES + header.length : 0;
    return (
      this.records < LIMITS.chunk_records &&
      this.size_bytes + header_bytes + ENTRY_BYTES + bytes.length <= LIMITS.chunk_bytes
    );
  }

  add(record: number, kind: EntryKind, header: Buffer, bytes: Buffer): void {
    if (this.needsHeader(kind, header)) {
      this.push({ record, kind: ENTRY_KIND.header, bytes: header });
      this.header = header;
    }
    this.push({ record, kind, bytes });
    this.records++;
  }

  build(): Buffer {
    const raw = Buffer.allocUnsafe(this.size_bytes);
    const first_record = this.first_record ?? 0;
    let at = 0;
    for (const { record, kind, bytes } of this.entries) at = writeEntry(raw, at, record - first_record, kind, bytes);
    return raw;
  }

  private needsHeader(kind: EntryKind, header: Buffer): boolean {
    return kind === ENTRY_KIND.csv && header !== this.header && !header.equals(this.header);
  }

  private push(entry: Entry): void {
    this.entries.push(entry);
    this.size_bytes += ENTRY_BYTES + entry.bytes.length;
  }
}
