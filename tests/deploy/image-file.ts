import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './compose-model.js';

export interface Instruction {
  name: string;
  /** With the build arguments put in, on one line. */
  text: string;
}

export interface Stage {
  name: string;
  from: string;
  instructions: Instruction[];
}

/** deploy/Dockerfile as its stages; line continuations and comments resolved, ARG defaults put in. */
export function readStages(): Stage[] {
  const source = readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8');
  const lines = source.replace(/^\s*#.*\n/gm, '').replace(/\\\n\s*/g, ' ');
  const stages: Stage[] = [];
  const args = new Map<string, string>();
  for (const line of lines.split('\n').filter((text) => text.trim() !== '')) {
    const [, name, raw] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (!name) throw new Error(`Dockerfile: ${line}`);
    const text = raw.replace(/\$\{(\w+)\}/g, (whole, arg: string) => args.get(arg) ?? whole);
    if (name === 'ARG') args.set(...(text.split('=') as [string, string]));
    else if (name === 'FROM') {
      const [, from, as] = /^(\S+)\s+AS\s+(\S+)$/i.exec(text) ?? [];
      stages.push({ name: as, from, instructions: [] });
    } else stages.at(-1)?.instructions.push({ name, text });
  }
  return stages;
}

/** What the image gives every container, as in `docker inspect`: of the last stage and those that it stands on. */
export function imageConfig(): {
  environment: Record<string, string>;
  user: string;
  entrypoint: string[];
  workdir: string;
  port: number;
  healthcheck: string[];
} {
  const stages = readStages();
  const chain: Stage[] = [];
  for (let stage = stages.at(-1); stage; stage = stages.find(({ name }) => name === stage?.from)) chain.unshift(stage);
  const all = chain.flatMap(({ instructions }) => instructions);
  const last = (name: string) => all.findLast((instruction) => instruction.name === name)?.text ?? '';
  const pairs = all
    .filter(({ name }) => name === 'ENV')
    .flatMap(({ text }) =>
      [...text.matchAll(/(\w+)=("[^"]*"|\S+)/g)].map(([, name, value]) => [name, value.replaceAll(/^"|"$/g, '')]),
    );
  return {
    environment: Object.fromEntries(pairs),
    user: last('USER'),
    entrypoint: JSON.parse(last('ENTRYPOINT')),
    workdir: last('WORKDIR'),
    port: Number(last('EXPOSE')),
    healthcheck: JSON.parse(last('HEALTHCHECK').replace(/^.*?CMD /, '')),
  };
}
