import { describe, expect, it } from 'vitest';
import { flameGraph } from './flame-graph.mjs';
import { stacksOfFolded, stacksOfPerf } from './folded-stacks.mjs';
import { stacksOfNode } from './node-stacks.mjs';
import { cpuProfileOf, selfTimes, treeOf } from './stacks.mjs';

const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber, columnNumber: 0 });

const profile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 4, 7] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('(garbage collector)') },
    { id: 4, callFrame: frame('clean', 'file:///here/apps/cleaner/dist/clean.js', 9), children: [5, 6] },
    { id: 5, callFrame: frame('send', 'file:///here/node_modules/kafkajs/src/send.js', 4) },
    { id: 6, callFrame: frame('', 'node:fs', 1) },
    { id: 7, callFrame: frame('stop', 'file:///here/bench/profile/src/hook.mjs'), children: [8] },
    { id: 8, callFrame: frame('post', 'node:inspector') },
  ],
  samples: [2, 3, 4, 5, 5, 6, 8],
  timeDeltas: [1000, 200, 300, 100, 150, 50, 900],
};

describe('stacks of a V8 profile', () => {
  const stacks = stacksOfNode(profile, '/here');

  it('name the package of each frame, and leave out idleness and the profiler', () => {
    expect(selfTimes(stacks, ({ group }) => group)).toEqual([
      ['apps/cleaner', 300],
      ['kafkajs', 250],
      ['garbage collection', 200],
      ["Node's own", 50],
    ]);
    expect(selfTimes(stacks, ({ name }) => name)[0]).toEqual(['clean apps/cleaner/clean.js:10', 300]);
  });

  it('add up to the same tree when they are read back from the profile that is written', () => {
    const tree = treeOf(stacks);
    expect([tree.us, [...tree.children.keys()].length]).toEqual([800, 2]);
    const again = treeOf(stacksOfNode(cpuProfileOf(stacks), '/here'));
    const shape = ({ us, children }: typeof tree): unknown => [us, [...children.values()].map(shape)];
    expect(shape(again)).toEqual(shape(tree));
  });
});

describe('stacks of other profilers', () => {
  it('are read from folded lines, pools of threads as one', () => {
    const text = [
      '[network-thread-1 tid=7];java/lang/Thread.run_[j];org/apache/kafka/common/utils/Crc32C.update_[j] 3',
      '[network-thread-2 tid=8];java/lang/Thread.run_[j];__write_[k] 2',
      '[VM Thread tid=9];DefNewGeneration::collect 4',
      '',
    ].join('\n');
    const stacks = stacksOfFolded(text, 1000);
    expect([...treeOf(stacks).children.keys()]).toEqual(['network-thread', 'VM Thread']);
    expect(selfTimes(stacks, ({ group }) => group)).toEqual([
      ['garbage collection', 4000],
      ['org.apache.kafka.common', 3000],
      ['kernel', 2000],
    ]);
  });

  it('are read from perf, by the role of the process', () => {
    const text = `  123 
\t55e0 XLogInsert+0x1a (/opt/pg/bin/postgres)
\t55e1 heap_insert+0x2 (/opt/pg/bin/postgres)

  124 
\tffff81 do_syscall_64+0x3 ([kernel.kallsyms])
`;
    const stacks = stacksOfPerf(text, 2000, (pid) => (pid === 123 ? 'backend' : 'walwriter'));
    expect(stacks.map(({ frames }) => frames.map(({ name }) => name))).toEqual([
      ['backend', 'heap_insert', 'XLogInsert'],
      ['walwriter', 'do_syscall_64'],
    ]);
    expect(selfTimes(stacks, ({ group }) => group)).toEqual([
      ['postgres', 2000],
      ['kernel', 2000],
    ]);
  });
});

describe('a flame graph', () => {
  it('is one file, in which names are escaped and what is tiny is left out', () => {
    const svg = flameGraph(
      treeOf([
        { frames: [{ name: 'Map<K>.get', group: 'a & b' }], us: 100_000 },
        { frames: [{ name: 'tiny', group: 'a' }], us: 1 },
      ]),
      'a <title>',
    );
    expect(svg).toContain('Map&#60;K&#62;.get');
    expect(svg).toContain('a &#60;title&#62;');
    expect(svg).not.toContain('tiny');
    expect(svg).not.toMatch(/(href|src)=/);
  });
});
