#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR = 24;
const root = fileURLToPath(new URL('../../../', import.meta.url));
const main = new URL('../dist/main.js', import.meta.url);
const projectNode = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');

if (!existsSync(main)) {
  stop('Millrace is not built yet.');
} else if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR) {
  endWithTheWrapper();
  // Compiled code of this installation alone: not in a directory that others can write to. Where it cannot be written there is none.
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'millrace'));
  await import(main.href);
} else if (existsSync(projectNode)) {
  runOnProjectNode();
} else {
  stop(`Millrace needs Node ${NODE_MAJOR}; this is ${process.versions.node} and the project's own is not installed.`);
}

function stop(problem) {
  process.stderr.write(`${problem}\n  Do this: npm run setup   (in ${root})\n`);
  process.exitCode = 3;
}

/** The same command on the project's Node; signals and the exit code pass through, and the channel tells it when we are killed. */
function runOnProjectNode() {
  const child = spawn(projectNode, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, MILLRACE_WRAPPED: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else {
      process.exitCode = code;
    }
  });
}

function endWithTheWrapper() {
  if (!process.env.MILLRACE_WRAPPED) return;
  delete process.env.MILLRACE_WRAPPED;
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}
