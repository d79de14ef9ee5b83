/** Commits, checked out and built beside this checkout. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
const SCOPE = '@millrace';
/** Ignored by git and needed to run the servers. */
const KAFKA = 'libs/embedded/kafka';

/** @param {string[]} args @returns {Promise<string>} */
async function git(...args) {
  const { stdout } = await exec('git', ['-C', ROOT, ...args], { maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim();
}

/** @param {string} name a commit, as git takes it @returns {Promise<{ sha: string, subject: string }>} */
export async function findCommit(name) {
  const [sha, subject] = (await git('log', '-1', '--format=%H%n%s', name)).split('\n');
  return { sha, subject };
}

/** Whether two commits want other packages: only one of them can have what is installed. */
export async function haveSamePackages(one, other) {
  return (await git('diff', '--name-only', one, other, '--', 'package-lock.json')) === '';
}

/**
 * A worktree of a commit, built, with this checkout's packages and this checkout's bench: both sides are measured by the same.
 * @param {string} sha @param {string} directory to be made
 */
export async function buildWorktree(sha, directory) {
  await git('worktree', 'add', '--quiet', '--detach', directory, sha);
  linkPackages(directory);
  if (existsSync(join(ROOT, KAFKA))) symlinkSync(realpathSync(join(ROOT, KAFKA)), join(directory, KAFKA), 'dir');
  rmSync(join(directory, 'bench'), { recursive: true, force: true });
  cpSync(join(ROOT, 'bench'), join(directory, 'bench'), { recursive: true });
  const tsc = realpathSync(join(ROOT, 'node_modules/.bin/tsc'));
  await exec(process.execPath, [tsc, '-b'], { cwd: directory, maxBuffer: 64 * 1024 * 1024 }).catch((error) => {
    throw new Error(`${sha} does not build:\n${error.stdout}`);
  });
}

/** @param {string} directory */
export async function removeWorktree(directory) {
  await git('worktree', 'remove', '--force', directory).catch(() =>
    rmSync(directory, { recursive: true, force: true }),
  );
  await git('worktree', 'prune');
}

/** The packages of others are those of this checkout; the project's own are the worktree's, or both sides would run the same code. */
function linkPackages(directory) {
  const installed = join(ROOT, 'node_modules');
  const target = join(directory, 'node_modules');
  mkdirSync(join(target, SCOPE), { recursive: true });
  for (const name of readdirSync(installed)) {
    if (name !== SCOPE) symlinkSync(realpathSync(join(installed, name)), join(target, name));
  }
  for (const kind of ['libs', 'apps']) {
    for (const folder of readdirSync(join(directory, kind))) {
      const manifest = join(directory, kind, folder, 'package.json');
      if (!existsSync(manifest)) continue;
      const link = join(target, JSON.parse(readFileSync(manifest, 'utf8')).name);
      symlinkSync(relative(join(target, SCOPE), join(directory, kind, folder)), link, 'dir');
    }
  }
}
