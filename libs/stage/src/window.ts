/** Bounds what is in flight, in messages and bytes. A message larger than all of it passes alone. */
export class Window {
  private messages = 0;
  private bytes = 0;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly max_messages: number,
    private readonly max_bytes: number,
    private readonly onChange: (size_bytes: number) => void = () => {},
  ) {}

  get isEmpty(): boolean {
    return this.messages === 0;
  }

  fits(size_bytes: number): boolean {
    if (this.messages === 0) return true;
    return this.messages < this.max_messages && this.bytes + size_bytes <= this.max_bytes;
  }

  add(size_bytes: number): void {
    this.messages++;
    this.bytes += size_bytes;
    this.onChange(this.bytes);
  }

  remove(size_bytes: number): void {
    this.messages--;
    this.bytes -= size_bytes;
    this.onChange(this.bytes);
    this.wake();
  }

  /** Makes everyone who waits look again. */
  wake(): void {
    for (const resolve of this.waiting) resolve();
  }

  /** Resolves at the next change or `wake`, after `timeout_ms` at the latest. */
  changed(timeout_ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeout_ms);
      this.waiting.add(done);
    });
  }
}
