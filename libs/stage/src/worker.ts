import type { Taken } from './progress.js';
import type { StageMessage } from './stage.js';

/** One message on its way through the stage. */
export interface Work {
  message: StageMessage;
  taken: Taken;
}

/** What does the stage's work. `take` returns at once; every work is handed back to `finished` sooner or later. */
export interface Worker {
  /** What to do with messages below the expected offset: a ledger behind the worker may know better than the offset. */
  readonly below: 'drop' | 'take';
  take(work: Work): void;
  /** Resolves when nothing of what was begun is under way any more. Never rejects. */
  settled(): Promise<void>;
}

export interface WorkerEvents {
  finished(work: Work): void;
  /** An error that no message is to blame for. Nothing more is finished. */
  failed(error: unknown): void;
}
