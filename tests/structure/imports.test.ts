import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const sources = ['apps', 'libs'].flatMap((top) =>
  readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\/src\/.*\.ts$/.test(file) && !/node_modules|\/dist\//.test(file))
    .map((file) => `${top}/${file}`),
);

const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]);

/** Every import edge between workspaces, as [file, importing workspace, imported library]. */
const edges = sources.flatMap((file) =>
  importsOf(file)
    .filter((name) => name.startsWith('@millrace/'))
    // A part of a library, such as postgres/registry, counts as the library.
    .map((name) => [file, file.split('/').slice(0, 2).join('/'), name.split('/')[1]] as const),
);

const offenders = (allowed: string, pattern: RegExp) =>
  sources.filter((file) => !file.startsWith(allowed) && importsOf(file).some((name) => pattern.test(name)));

describe('import rules', () => {
  it('see the code at all', () => {
    expect(sources.length).toBeGreaterThan(30);
    expect(edges.length).toBeGreaterThan(30);
  });

  it('apps import libraries, never each other', () => {
    const libraries = new Set(readdirSync(join(root, 'libs')));
    expect(edges.filter(([, , to]) => !libraries.has(to))).toEqual([]);
  });

  it('every import is declared in its package.json', () => {
    const undeclared = edges.filter(([, from, to]) => {
      const manifest = JSON.parse(readFileSync(join(root, from, 'package.json'), 'utf8'));
      return from !== `libs/${to}` && !manifest.dependencies?.[`@millrace/${to}`];
    });
    expect(undeclared).toEqual([]);
  });

  it('libraries have no cycles', () => {
    const graph = new Map<string, Set<string>>();
    for (const [file, from, to] of edges) {
      if (!from.startsWith('libs/') || file.endsWith('.spec.ts')) continue;
      const name = from.slice('libs/'.length);
      graph.set(name, (graph.get(name) ?? new Set()).add(to));
    }
    const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
      [...(graph.get(from) ?? [])].some(
        (next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))),
      );
    expect([...graph.keys()].filter((name) => reaches(name, name))).toEqual([]);
  });

  it('only libs/kafka imports a Kafka client', () => {
    expect(offenders('libs/kafka/', /^(kafkajs|@platformatic\/kafka)/)).toEqual([]);
  });

  it('only libs/postgres imports the PostgreSQL client and TypeORM', () => {
    expect(offenders('libs/postgres/', /^(pg|pg-copy-streams|typeorm)(\/|$)/)).toEqual([]);
  });

  it('steps import contracts, columnar, csv, formats, expression and dataset only', () => {
    const wrong = edges.filter(
      ([file, , to]) =>
        /^apps\/(cleaner|deduper|aggregator)\/src\/steps\//.test(file) &&
        !file.endsWith('.spec.ts') &&
        !['contracts', 'columnar', 'csv', 'formats', 'expression', 'dataset'].includes(to),
    );
    expect(wrong).toEqual([]);
  });

  it('reading and encoding know no Kafka, no PostgreSQL and no Nest', () => {
    const pure = sources.filter((file) =>
      /^libs\/(contracts|dataset|csv|formats|columnar|expression|profile)\//.test(file),
    );
    const wrong = pure.filter((file) =>
      importsOf(file).some((name) => /^(@nestjs|kafkajs|@platformatic|pg($|[/-])|typeorm)/.test(name)),
    );
    expect(wrong).toEqual([]);
  });
});

describe('style', () => {
  it('no file is a heap: at most 300 lines', () => {
    const long = sources.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 300);
    expect(long).toEqual([]);
  });

  it('no utils, helpers, common or manager', () => {
    expect(sources.filter((file) => /(^|[/.-])(utils?|helpers?|common|manager)([/.-]|$)/.test(file))).toEqual([]);
  });
});
