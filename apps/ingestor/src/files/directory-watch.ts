import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { Database } from '@millrace/postgres';
import { currentPlan, type Plans } from '@millrace/stage';
import { faultPoint, type Logger } from '@millrace/telemetry';
import { logMissing, logRegistered } from '../scan-log.js';
import { endMissing } from '../steps/end-missing.js';
import { isSameInode, statOf } from '../steps/file-stat.js';
import { followedSources } from '../steps/known-sources.js';
import { findByInode, type ListedFile, type Listing, listFiles } from '../steps/list-files.js';
import { reportFailure, reportListing, requireWatch, type Watch } from '../steps/list-watches.js';
import { registerFiles } from '../steps/register-sources.js';
import { sealSources, statesOf } from '../steps/seal-sources.js';
import type { Inspector } from './inspector.js';
import { strayed, WatchedFiles } from './watched-files.js';

export interface WatchParts {
  db: Database;
  log: Logger;
  plans: Plans;
  inspector: Inspector;
  watch: Watch;
  /** Of the watch's lease. */
  owner: string;
  /** A file that has not changed for so long is sealed. */
  quiet_ms: number;
  /** There are sources to be cut. */
  onRegistered: () => void;
}

/** Between two listings; a slow one is not allowed more than a twentieth of the time. */
const INTERVAL_MS = 100;
const INTERVAL_PER_LISTING = 20;
/** The watch's row is brought up to date at least so often. */
const REPORT_MS = 10_000;
/** A file that is renamed just while the directory is listed may be missed once. */
const MISSED_LISTINGS = 2;
/** What was read of a file that is gone may still be on its way to Kafka. */
const OVERDUE_LISTINGS = 50;

/**
 * Follows one directory: list -> compare with the last listing -> register what is new or grew -> seal what is quiet. It
 * asks the directory instead of waiting for events, so that it works on network mounts as well. What is not in its
 * memory is identified by the database, so it may end and begin again at any time, in any process.
 */
export class DirectoryWatch {
  private files: WatchedFiles | undefined;
  private reported = '';
  private reported_at = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: WatchParts) {}

  /** Until the signal is aborted. @throws its reason, MillraceError LEASE_LOST, or errors of PostgreSQL */
  async run(signal: AbortSignal): Promise<never> {
    for (;;) {
      signal.throwIfAborted();
      const began_at = performance.now();
      const listing = await this.list();
      const pause_ms = Math.max(INTERVAL_MS, (performance.now() - began_at) * INTERVAL_PER_LISTING);
      if (listing) await this.take(listing);
      await sleep(pause_ms, undefined, { signal }).catch(() => {});
    }
  }

  /** @returns undefined when the directory cannot be listed now: it is tried again, and all is compared anew then */
  private async list(): Promise<Listing | undefined> {
    const { db, log, watch } = this.parts;
    try {
      const { pattern, source } = this.plan;
      return await listFiles(watch.path, pattern, source.compression);
    } catch (error) {
      if (!(error instanceof MillraceError && error.code === 'SOURCE_UNREADABLE')) throw error;
      this.files = undefined;
      if (this.reported === error.message) return undefined;
      log.error({ watch: watch.id, path: watch.path, err: error }, 'directory cannot be listed');
      await reportFailure(db, watch, error);
      this.reported = error.message;
      return undefined;
    }
  }

  private async take(listing: Listing): Promise<void> {
    const seen_ms = Date.now();
    this.files ??= await this.load();
    const memory = this.files;
    const files = [...listing.files, ...(await this.follow(listing, memory))];
    const changed = memory.changed(files);
    const isTold = changed.length === 0 || (await this.register(changed, seen_ms, memory));
    memory.keep(files);
    if (isTold) await this.giveUp(memory);
    await this.seal(memory);
    await this.report(listing);
  }

  /** The current one at each listing. */
  private get plan(): DatasetPlan {
    return currentPlan(this.parts.plans, this.parts.watch.dataset) as DatasetPlan;
  }

  private async load(): Promise<WatchedFiles> {
    const { db, watch } = this.parts;
    return new WatchedFiles(await followedSources(db, watch.id), performance.now());
  }

  /** Files that are followed under names off the pattern: there they were renamed to, now or before. */
  private async follow(listing: Listing, memory: WatchedFiles): Promise<ListedFile[]> {
    const inodes = new Map(listing.files.map(({ stat }) => [stat.inode, stat]));
    const followed: ListedFile[] = [];
    const lost: ListedFile['stat'][] = [];
    for (const { path, stat, compression } of strayed(memory.all(), listing.files)) {
      const found = inodes.get(stat.inode);
      if (found && isSameInode(found, stat)) continue;
      const now = await statOf(path);
      if (now && isSameInode(now, stat)) followed.push({ path, name: path, stat: now, compression });
      else lost.push(stat);
    }
    return lost.length === 0 ? followed : [...followed, ...(await findByInode(listing, lost))];
  }

  /** @returns false when some files were gone before it was known what they are */
  private async register(changed: ListedFile[], seen_ms: number, memory: WatchedFiles): Promise<boolean> {
    const { db, log, watch, owner, inspector, onRegistered } = this.parts;
    const { dataset } = watch;
    const inspect = (files: ListedFile[]) =>
      inspector.inspect(
        { dataset, scan: null },
        files.map((file) => ({ ...file, sealed: false, sealed_bytes: file.stat.size_bytes })),
      );
    const registration = { dataset, files: changed, watch: watch.id, seen_ms, inspect };
    const registered = await registerFiles(db, registration, (tx) => requireWatch(tx, watch, owner));
    faultPoint('ingestor.after_register');
    memory.note(changed, registered, performance.now());
    onRegistered();
    logRegistered(log, { watch: watch.id }, registered);
    return registered.length === changed.length;
  }

  private async giveUp(memory: WatchedFiles): Promise<void> {
    const { db, log, watch, owner, onRegistered } = this.parts;
    const missing = memory.missing();
    for (const file of memory.all()) if (!missing.includes(file)) file.missed = 0;
    const due = missing.filter((file) => ++file.missed >= MISSED_LISTINGS);
    if (due.length === 0) return;
    const ends = await db.transaction(async (tx) => {
      await requireWatch(tx, watch, owner);
      return endMissing(
        tx,
        watch.id,
        due.map((file) => ({ ...file, is_overdue: file.missed >= OVERDUE_LISTINGS })),
      );
    });
    for (const { file, end } of ends) {
      if (end.kind !== 'busy') memory.drop(file.source);
      if (end.kind === 'ended') logMissing(log, file, end.error);
    }
    onRegistered();
  }

  private async seal(memory: WatchedFiles): Promise<void> {
    const { db, watch, quiet_ms, onRegistered } = this.parts;
    await this.leave(memory);
    const quiet = memory.quiet(performance.now(), quiet_ms);
    if (quiet.length === 0) return;
    await sealSources(
      db,
      watch.id,
      quiet.map(({ source, stat }) => ({ source, sealed_bytes: stat.size_bytes })),
    );
    for (const file of quiet) file.sealed = true;
    onRegistered();
  }

  /** Sealed files are followed until they are read. What turned red then is looked at anew: it may be another file by now. */
  private async leave(memory: WatchedFiles): Promise<void> {
    const sealed = memory.all().filter((file) => file.sealed);
    if (sealed.length === 0) return;
    const states = await statesOf(
      this.parts.db,
      sealed.map(({ source }) => source),
    );
    for (const { source, path } of sealed) {
      const state = states.get(source);
      if (state === 'registered') continue;
      memory.drop(source);
      if (state === 'changed' || state === 'vanished') memory.forget(path);
    }
  }

  private async report(listing: Listing): Promise<void> {
    const { db, log, watch } = this.parts;
    const { files, ignored, refused } = listing;
    const told = JSON.stringify([files.length, ignored, refused]);
    const now = performance.now();
    if (told === this.reported && now - this.reported_at < REPORT_MS) return;
    if (told !== this.reported) {
      for (const refusal of refused) log.warn({ watch: watch.id, ...refusal }, 'file refused');
    }
    await reportListing(db, watch, listing);
    this.reported = told;
    this.reported_at = now;
  }
}
