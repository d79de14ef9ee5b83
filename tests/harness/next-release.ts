import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { TREE } from './service-process.js';

const COPIED = new Set(['dist', 'package.json']);

/** What the next release changes in the built tree: it reads another contract version, in which a batch is laid out otherwise. */
const CHANGES = [
  { file: 'libs/contracts/dist/envelope.js', from: 'oldest: 1, newest: 2', to: 'oldest: 1, newest: 3' },
  {
    file: 'libs/contracts/dist/batch.js',
    from: 'message.writeUInt32LE(batch.slot, 28);',
    to: 'message.writeUInt32LE(batch.slot, contract > 2 ? 52 : 28);',
  },
  {
    file: 'libs/contracts/dist/batch.js',
    from: 'message.writeUInt32LE(0, 52);',
    to: 'message.writeUInt32LE(0, contract > 2 ? 28 : 52);',
  },
  {
    file: 'libs/contracts/dist/batch.js',
    from: 'slot: message.readUInt32LE(28)',
    to: 'slot: message.readUInt32LE(message[5] > 2 ? 52 : 28)',
  },
];

/**
 * A copy of the built tree, of a release that has one contract version more. Its node_modules shares every package of the clone, but its
 * workspaces are the copied ones. @returns its directory; to be removed by the caller
 */
export function buildNextRelease(): string {
  const tree = mkdtempSync(join(tmpdir(), 'millrace-next-'));
  const modules = join(tree, 'node_modules');
  mkdirSync(join(modules, '@millrace'), { recursive: true });
  for (const name of readdirSync(join(TREE, 'node_modules'))) {
    if (name !== '@millrace') symlinkSync(join(TREE, 'node_modules', name), join(modules, name));
  }
  for (const top of ['libs', 'apps']) {
    for (const name of readdirSync(join(TREE, top))) {
      const from = join(TREE, top, name);
      for (const part of readdirSync(from).filter((entry) => COPIED.has(basename(entry)))) {
        cpSync(join(from, part), join(tree, top, name, part), { recursive: true });
      }
      symlinkSync(join(tree, top, name), join(modules, '@millrace', name));
    }
  }
  for (const { file, from, to } of CHANGES) {
    const text = readFileSync(join(tree, file), 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${file}: the text to change must occur exactly once: ${from}`);
    writeFileSync(join(tree, file), text.replace(from, to));
  }
  return tree;
}
