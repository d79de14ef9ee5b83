/** Enough for one buffer that is filled while the other is on its way. */
const KEPT = 2;
const KEPT_BYTES = 8 * 1024 * 1024;
const SMALLEST_BYTES = 256 * 1024;

/**
 * A socket's high-water mark: a write at least this long is acknowledged only once all of it has left the process.
 * A shorter one may be acknowledged while it still waits, so that its buffer must not be written over.
 */
const ACKNOWLEDGED_WHEN_SENT_BYTES = 64 * 1024;

/**
 * Copies small buffers of the pool together, and passes large ones on: a write for each batch of a few rows would cost
 * far more than its rows.
 */
export function* joinSmall(buffers: Iterable<Buffer>, pool: BufferPool): Generator<Buffer> {
  let joined: Buffer | undefined;
  let size = 0;
  for (const buffer of buffers) {
    if (joined && (buffer.length >= ACKNOWLEDGED_WHEN_SENT_BYTES || size + buffer.length > joined.length)) {
      yield joined.subarray(0, size);
      joined = undefined;
    }
    if (buffer.length >= ACKNOWLEDGED_WHEN_SENT_BYTES) {
      yield buffer;
      continue;
    }
    if (!joined) {
      joined = buffer.buffer.byteLength <= KEPT_BYTES ? Buffer.from(buffer.buffer) : buffer;
      size = buffer.length;
    } else {
      size += buffer.copy(joined, size);
      pool.putBack(buffer);
    }
  }
  if (joined) yield joined.subarray(0, size);
}

/** Send buffers used again: fresh memory for each would cost as much as filling it. */
export class BufferPool {
  private readonly kept: Buffer[] = [];

  /** A buffer of at least `size` bytes, with whatever is in it. */
  take(size: number): Buffer {
    const at = this.kept.findIndex((buffer) => buffer.length >= size);
    if (at >= 0) return this.kept.splice(at, 1)[0];
    return Buffer.allocUnsafeSlow(Math.max(SMALLEST_BYTES, size + (size >> 2)));
  }

  /** Gives back what was taken and never written to a socket. */
  putBack(unsent: Buffer): void {
    if (this.kept.length < KEPT && unsent.buffer.byteLength <= KEPT_BYTES) this.kept.push(Buffer.from(unsent.buffer));
  }

  /** Gives back what was taken, or a part of it that was written to a socket and acknowledged. */
  give(sent: Buffer): void {
    if (sent.length < ACKNOWLEDGED_WHEN_SENT_BYTES || sent.buffer.byteLength > KEPT_BYTES) return;
    if (this.kept.length === KEPT) this.kept.shift();
    this.kept.push(Buffer.from(sent.buffer));
  }
}
