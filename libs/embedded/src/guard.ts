import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { ServerName } from './server-process.js';

/**
 * Reads "name pid" lines; when its input ends, the process that started it is gone, by a kill -9 too,
 * and it stops whatever server that process had left running.
 */
const SCRIPT = `
kafka=0 postgres=0
while read -r name pid; do
  case "$name" in kafka) kafka=$pid ;; postgres) postgres=$pid ;; esac
done
[ "$kafka" -gt 0 ] && kill -TERM "$kafka"
[ "$postgres" -gt 0 ] && kill -INT "$postgres"
seconds=0
while [ "$seconds" -lt 20 ]; do
  alive=0
  for pid in "$kafka" "$postgres"; do [ "$pid" -gt 0 ] && kill -0 "$pid" && alive=1; done
  [ "$alive" -eq 0 ] && exit 0
  sleep 1
  seconds=$((seconds + 1))
done
[ "$kafka" -gt 0 ] && kill -KILL "$kafka"
[ "$postgres" -gt 0 ] && kill -QUIT "$postgres"
`;

/** Sees to it that the servers do not outlive this process. */
export class Guard {
  private readonly shell: ChildProcess;

  constructor() {
    this.shell = spawn('/bin/sh', ['-c', SCRIPT, 'millrace-guard'], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.shell.on('error', () => {});
    this.shell.stdin!.on('error', () => {});
    this.shell.unref();
    (this.shell.stdin as Socket).unref();
  }

  /** @param pid 0 when the server has ended: its number may belong to another process soon */
  watch(name: ServerName, pid: number): void {
    this.shell.stdin!.write(`${name} ${pid}\n`);
  }

  release(): void {
    this.watch('kafka', 0);
    this.watch('postgres', 0);
    this.shell.stdin!.end();
  }
}
