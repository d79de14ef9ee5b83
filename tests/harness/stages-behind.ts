import type { Database } from '@millrace/postgres';

const EVERY_MS = 25;

/** Stands for the stages behind an ingestor: everything published gets its outcome, as long as they are on. */
export class StagesBehind {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly db: Database) {}

  turn(on: boolean): void {
    clearInterval(this.timer);
    // One that fails is made up for by the next.
    this.timer = on ? setInterval(() => void this.resolveNow().catch(() => {}), EVERY_MS) : undefined;
  }

  resolveNow(): Promise<unknown> {
    return this.db.query(
      `insert into millrace.manifests (source, chunk, records, rejected, skipped, slots)
       select source, chunk, records, records, 0, '{}' from millrace.chunks
       where published_at is not null and not exists (
         select from millrace.manifests m where m.source = chunks.source and m.chunk = chunks.chunk)
       on conflict do nothing`,
    );
  }
}
