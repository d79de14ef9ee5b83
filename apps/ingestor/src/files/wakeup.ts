/** What a loop waits at when it has nothing to do. */
export class Wakeup {
  private woken = Promise.withResolvers<void>();

  /** Ends the wait; the next one if there is none now. */
  wake(): void {
    this.woken.resolve();
  }

  /** Resolves when woken, and after `timeout_ms` at the latest. @throws the signal's reason once it is aborted */
  async wait(timeout_ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const timer = setTimeout(() => this.wake(), timeout_ms);
    const wake = () => this.wake();
    signal.addEventListener('abort', wake, { once: true });
    await this.woken.promise;
    this.woken = Promise.withResolvers<void>();
    clearTimeout(timer);
    signal.removeEventListener('abort', wake);
    signal.throwIfAborted();
  }
}
