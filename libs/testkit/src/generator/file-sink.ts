import { closeSync, openSync, writeSync } from 'node:fs';

const FLUSH_CHARACTERS = 1 << 20;

/** Writes text to a file, a MiB at a time: of one character a byte, unless the encoding is utf8. */
export class FileSink {
  private readonly descriptor: number;
  private waiting = '';
  private size_bytes = 0;

  constructor(
    path: string,
    private readonly encoding: 'latin1' | 'utf8' = 'latin1',
  ) {
    this.descriptor = openSync(path, 'w');
  }

  write(bytes: string): void {
    this.waiting += bytes;
    if (this.waiting.length >= FLUSH_CHARACTERS) this.flush();
  }

  /** @returns the file's size in bytes */
  close(): number {
    this.flush();
    closeSync(this.descriptor);
    return this.size_bytes;
  }

  private flush(): void {
    const bytes = Buffer.from(this.waiting, this.encoding);
    let written = 0;
    while (written < bytes.length) written += writeSync(this.descriptor, bytes, written);
    this.size_bytes += bytes.length;
    this.waiting = '';
  }
}
