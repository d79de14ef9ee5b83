import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '../scale.js';

/** starting: spawned, not ready yet. restarting: died, waits for its next start. */
export type ServiceState = 'starting' | 'running' | 'restarting' | 'stopping' | 'stopped';

export interface ServiceRecord {
  name: ServiceName;
  instance: string;
  pid: number | null;
  state: ServiceState;
  restarts: number;
  port: number | null;
  started_at: string | null;
}

/** `<home>/state.json`: what the supervisor tells every other command. Written by the supervisor only. */
export interface SupervisorState {
  version: 1;
  /** run: it lives only for one `run`, and serves no other. */
  mode: 'up' | 'run';
  supervisor_pid: number;
  state: 'starting' | 'ready' | 'stopping' | 'stopped';
  started_at: string;
  /** Holds the password, also of servers that are not ours: the file is for its owner only. */
  database_url: string;
  /** Comma-separated host:port. */
  kafka_brokers: string;
  /** Whether the servers are our own; false: those of the environment. */
  embedded: boolean;
  /** What keeps the flow from moving, until it is mended. */
  problem: { code: string; message: string } | null;
  services: ServiceRecord[];
}

export function statePath(home: string): string {
  return join(home, 'state.json');
}

/** Undefined when there is none, or what is there is not a state of this version. */
export function readState(home: string): SupervisorState | undefined {
  let text: string;
  try {
    text = readFileSync(statePath(home), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const state = JSON.parse(text) as SupervisorState;
    return state.version === 1 && Array.isArray(state.services) ? state : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the file in one step, so that a reader never sees half of it. */
export function writeState(home: string, state: SupervisorState): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const draft = `${statePath(home)}.${process.pid}`;
  // It holds the database's password.
  writeFileSync(draft, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, statePath(home));
}
