/** Enough for one buffer that is filled while the other is on its way. */
const KEPT = 2;
const KEPT_BYTES = 8 * 1024 * 1024;
const SMALLEST_BYTES = 256 * 1024;

/**
 * A socket's high-water mark: a write at least this long is acknowledged only once all of it has left the process.
 * A shorter one may be acknowledged while it still waits, so that its buffer must not be written over.
 */
const ACKNOWLEDGED_WHEN_SENT_BYTES = 64 * 1024;

/** Send buffers used again: fresh memory for each would cost as much as filling it. */
export class BufferPool {
  private readonly kept: Buffer[] = [];

  /** A buffer of at least `size` bytes, with whatever is in it. */
  take(size: number): Buffer {
    const at = this.kept.findIndex((buffer) => buffer.length >= size);
    if (at >= 0) return this.kept.splice(at, 1)[0];
    return Buffer.allocUnsafeSlow(Math.max(SMALLEST_BYTES, size + (size >> 2)));
  }

  /** Gives back what was taken, or a part of it that was written to a socket and acknowledged. */
  give(sent: Buffer): void {
    if (sent.length < ACKNOWLEDGED_WHEN_SENT_BYTES || sent.buffer.byteLength > KEPT_BYTES) return;
    if (this.kept.length === KEPT) this.kept.shift();
    this.kept.push(Buffer.from(sent.buffer));
  }
}
