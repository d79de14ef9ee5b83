export { DISK_BOUNDS, type DiskWatch, freeBytes, requireFreeBytes, watchDisk } from './disk.js';
export { Embedded, type EmbeddedOptions, type ExitListener, removeServers, startEmbedded } from './embedded.js';
export { homeOf, type ResolveOptions, readServers, resolveServers, type Servers } from './environment.js';
export { type Lock, type LockOwner, lockHome, lockOwner } from './lock.js';
export type { ExitCode, ServerName } from './server-process.js';
