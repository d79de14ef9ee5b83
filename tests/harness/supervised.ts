import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceProcess } from './service-process.js';

const PAUSE_MS = 500;

/** A service that is started again when it fails, as under any supervisor, until it is stopped. */
export class Supervised {
  /** Why its lives ended, as far as they failed. */
  readonly failures: unknown[] = [];
  process: ServiceProcess;
  private stopping = false;
  private readonly over: Promise<number | NodeJS.Signals | null>;

  constructor(private readonly spawn: () => ServiceProcess) {
    this.process = spawn();
    this.over = this.watch();
  }

  /** Of the life that it has then. */
  async ready(): Promise<this> {
    for (;;) {
      const { process } = this;
      try {
        await process.ready();
        return this;
      } catch (error) {
        if (process.isRunning) throw error;
        while (this.process === process) await sleep(25);
      }
    }
  }

  /** SIGTERM, if it lives just now. @returns the exit code of its last life */
  stop(): Promise<number | NodeJS.Signals | null> {
    this.abandon();
    this.process.signal('SIGTERM');
    return this.over;
  }

  /** It is not started again. */
  abandon(): void {
    this.stopping = true;
  }

  private async watch(): Promise<number | NodeJS.Signals | null> {
    for (;;) {
      const code = await this.process.ended;
      this.failures.push(...this.process.said('failed').map((line) => line.code));
      if (this.stopping) return code;
      await sleep(PAUSE_MS);
      if (this.stopping) return code;
      this.process = this.spawn();
    }
  }
}
