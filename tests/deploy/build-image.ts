import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
} from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './compose-model.js';
import { type Instruction, imageConfig, readStages } from './image-file.js';

const exec = promisify(execFile);

/** Paths of the image that stand for themselves in commands and variables. */
const PATHS = /(^|[\s=])(\/(?:app|var|etc|run|tmp|data)\b)/g;

/** Uid and gid of the image; undefined where we may not take them on, and everything runs as us. */
export function imageUser(): { uid: number; gid: number } | undefined {
  const [uid, gid] = imageConfig().user.split(':').map(Number);
  return process.getuid?.() === 0 ? { uid, gid } : undefined;
}

/**
 * Carries out what deploy/Dockerfile says with plain directories, one a stage, below `directory`: what it forgets to copy is not
 * there, and what only developers have neither. Not carried out: the base image, which is this machine, and `npm ci`, which gives
 * way to links of the installed packages, in the last stage of those only that it would install.
 * @returns the root directory of the last stage
 */
export async function buildImage(directory: string): Promise<string> {
  const stages = readStages();
  const roots = new Map(stages.map(({ name }) => [name, join(directory, name)]));
  const { workdir } = imageConfig();
  // The image's user goes through it.
  chmodSync(directory, 0o755);
  placeNode(directory);
  const run = async ({ name, instructions }: (typeof stages)[number]) => {
    const root = roots.get(name)!;
    mkdirSync(join(root, workdir), { recursive: true });
    const variables: Record<string, string> = {};
    for (const instruction of instructions) {
      if (instruction.name === 'COPY') await copy(instruction, root, workdir, roots);
      if (instruction.name === 'ENV') Object.assign(variables, inRoot(environmentOf(instruction), root));
      if (instruction.name === 'RUN') await runStep(instruction.text, root, workdir, variables, isLast(name));
    }
  };
  const isLast = (name: string) => name === stages.at(-1)?.name;
  for (const stage of stages) await run(stage);
  const root = roots.get(stages.at(-1)!.name)!;
  // The image's user owns nothing of it. Without one, whoever owns it may not make files in it either.
  if (!imageUser()) await allowWriting(join(root, workdir), false);
  return root;
}

/** The base image's Node, where the image's user can reach it: the checkout may lie in a closed directory. */
export const nodeOf = (root: string): string => join(dirname(root), 'bin', 'node');

function placeNode(directory: string): void {
  const node = join(directory, 'bin', 'node');
  mkdirSync(dirname(node), { recursive: true });
  try {
    linkSync(process.execPath, node);
  } catch {
    // On another disk.
    copyFileSync(process.execPath, node);
  }
}

/** Directories only: files are links to the project's own. */
export async function allowWriting(directory: string, allowed: boolean): Promise<void> {
  await exec('find', [directory, '-type', 'd', '-exec', 'chmod', allowed ? 'u+w' : 'a-w', '{}', '+']);
}

/** Paths of the image become those below its root directory. */
export function inRoot(environment: Record<string, string>, root: string): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, pathsIn(value, root)]));
}

export const pathsIn = (text: string, root: string): string =>
  text.replace(PATHS, (_, before: string, path: string) => `${before}${root}${path}`);

function environmentOf({ text }: Instruction): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)=("[^"]*"|\S+)/g)].map(([, name, value]) => [name, value.replaceAll(/^"|"$/g, '')]),
  );
}

async function copy({ text }: Instruction, root: string, workdir: string, roots: Map<string, string>): Promise<void> {
  const [, from, paths] = /^(?:--from=(\S+)\s+)?(.*)$/.exec(text)!;
  const words = paths.split(/\s+/);
  const target = words.pop()!;
  const into = join(root, workdir, target);
  for (const source of words) {
    const path = from ? join(roots.get(from)!, source) : join(ROOT, source);
    if (!from && isIgnored(source)) throw new Error(`COPY ${source}: .dockerignore keeps it out`);
    // A directory's contents, a file itself.
    const isDirectory = lstatSync(path).isDirectory();
    const to = isDirectory || !target.endsWith('/') ? into : join(into, basename(path));
    mkdirSync(dirname(to), { recursive: true });
    if (from) {
      mkdirSync(to, { recursive: true });
      await link(path, ['.'], to);
      continue;
    }
    const filter = (file: string) => !isIgnored(file.slice(ROOT.length + 1));
    cpSync(path, to, { recursive: true, filter });
  }
}

/** As Docker does it: the last pattern that matches the path or a directory above it decides. */
export function isIgnored(path: string): boolean {
  const patterns = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const parts = path.split('/');
  const above = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  let ignored = false;
  for (const pattern of patterns) {
    const keeps = pattern.startsWith('!');
    if (above.some((candidate) => expressionOf(pattern.replace('!', '')).test(candidate))) ignored = !keeps;
    // A directory is entered for the sake of what is kept in it.
    else if (keeps && pattern.startsWith(`!${path}/`)) ignored = false;
  }
  return ignored;
}

function expressionOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^$()|[\]{}\\]/g, '\\$&');
  const source = escaped.replace(/\*\*\/|\*/g, (star) => (star === '*' ? '[^/]*' : '(?:.*/)?'));
  return new RegExp(`^${source}$`);
}

async function runStep(
  command: string,
  root: string,
  workdir: string,
  variables: Record<string, string>,
  isLast: boolean,
): Promise<void> {
  const directory = join(root, workdir);
  const [, args] = /^npm ci (.*?)(?: && |$)/.exec(command) ?? [];
  if (args?.includes('--omit=dev')) await linkPackages(directory, args.split(/\s+/));
  else if (args !== undefined) linkModules(directory);
  const asUser = isLast && command.startsWith('node ') ? imageUser() : undefined;
  // Only root may give a directory to another user.
  const mine = imageUser() ? command : command.replace(/-o 1000 -g 1000 /g, '');
  const steps = mine.replace(/^npm ci .*?(?: && |$)/, '');
  await exec('sh', ['-c', pathsIn(steps || 'true', root)], {
    cwd: directory,
    env: {
      PATH: `${dirname(nodeOf(root))}${delimiter}${process.env.PATH}`,
      HOME: asUser ? join(root, 'tmp') : process.env.HOME,
      ...variables,
    },
    maxBuffer: 1 << 26,
    ...asUser,
  });
}

/** The packages that `npm ci` with these arguments would install, of those that are installed for development. */
async function linkPackages(directory: string, args: string[]): Promise<void> {
  const wanted = args.filter((arg) => !['--ignore-scripts', '--no-audit', '--no-fund'].includes(arg));
  const { stdout } = await exec('npm', ['ls', '--all', '--parseable', ...wanted], { cwd: ROOT, maxBuffer: 1 << 24 });
  const paths = stdout.split('\n').map((path) => path.slice(ROOT.length + 1));
  const packages = paths.filter((path) => /^node_modules\/(?!@millrace\/|.*\/node_modules\/)/.test(path));
  await link(ROOT, packages, directory);
  linkWorkspaces(directory);
}

/** Thousands of small files: links of them, where both lie on one disk. */
async function link(from: string, paths: string[], to: string): Promise<void> {
  await exec('cp', ['-al', '--parents', ...paths, to], { cwd: from }).catch(() =>
    exec('cp', ['-a', '--parents', ...paths, to], { cwd: from }),
  );
}

/** The project's own modules, but the workspaces' are those of the copy. */
function linkModules(directory: string): void {
  const from = join(ROOT, 'node_modules');
  const to = join(directory, 'node_modules');
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).filter((entry) => !entry.startsWith('.') && entry !== '@millrace')) {
    symlinkSync(join(from, name), join(to, name));
  }
  linkWorkspaces(directory);
}

function linkWorkspaces(directory: string): void {
  const to = join(directory, 'node_modules', '@millrace');
  mkdirSync(to, { recursive: true });
  for (const kind of ['apps', 'libs']) {
    for (const name of readdirSync(join(directory, kind))) {
      symlinkSync(join('..', '..', kind, name), join(to, name));
    }
  }
}
