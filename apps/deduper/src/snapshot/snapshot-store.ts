import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Generation } from '../filter/generation.js';
import {
  readGenerations,
  readSnapshotHeader,
  type SnapshotHeader,
  type SnapshotIdentity,
  writeSnapshot,
} from './snapshot-file.js';

export interface LoadedSnapshot {
  offset: bigint;
  generations: Generation[];
  path: string;
}

/**
 * The snapshots of all dedupers of this machine: `<root>/<instance>/<topic>.<partition>.filter`. An instance writes to
 * its own directory only, but begins from whatever is newest: parts change their owner with every rebalance.
 */
export class SnapshotStore {
  constructor(
    private readonly root: string,
    private readonly instance: string,
    /** Told of every snapshot that was found and not taken, and why. */
    private readonly ignored: (path: string, reason: string) => void,
  ) {}

  /** The newest snapshot of a part that covers no more than `committed`; undefined when there is none to be trusted. */
  async load(identity: SnapshotIdentity, committed: bigint): Promise<LoadedSnapshot | undefined> {
    const candidates: { path: string; header: SnapshotHeader }[] = [];
    for (const path of await this.paths(identity)) {
      const header = await readSnapshotHeader(path).catch((error: Error) => ({ damaged: error.message }));
      if (!header) continue;
      const reason = 'damaged' in header ? `damaged: ${header.damaged}` : foreign(header, identity, committed);
      if (reason !== undefined) this.ignored(path, reason);
      else candidates.push({ path, header: header as SnapshotHeader });
    }
    candidates.sort((a, b) => (a.header.offset > b.header.offset ? -1 : 1));
    for (const { path, header } of candidates) {
      const generations = await readGenerations(path, header).catch(() => undefined);
      if (generations) return { offset: header.offset, generations, path };
      this.ignored(path, 'damaged: a generation does not match its checksum');
    }
    return undefined;
  }

  /** @returns bytes written */
  async save(identity: SnapshotIdentity, offset: bigint, generations: readonly Generation[]): Promise<number> {
    const directory = join(this.root, this.instance);
    await mkdir(directory, { recursive: true });
    return writeSnapshot(join(directory, fileName(identity)), identity, offset, generations);
  }

  private async paths(identity: SnapshotIdentity): Promise<string[]> {
    const entries = await readdir(this.root, { withFileTypes: true }).catch(() => []);
    const instances = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    return instances.map((name) => join(this.root, name, fileName(identity)));
  }
}

function fileName(identity: SnapshotIdentity): string {
  return `${identity.topic}.${identity.partition}.filter`;
}

function foreign(header: SnapshotHeader, identity: SnapshotIdentity, committed: bigint): string | undefined {
  for (const name of ['cluster', 'plan', 'topic', 'partition'] as const) {
    if (header[name] !== identity[name]) return `foreign: ${name} ${header[name]}, not ${identity[name]}`;
  }
  if (header.offset > committed) return `too new: covers ${header.offset}, committed is ${committed}`;
  return undefined;
}
