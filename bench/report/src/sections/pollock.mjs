import { number, paragraphs, table } from '../markdown.mjs';

/** @param {object | undefined} pollock as bench/results/pollock.json holds it */
export function pollockSection(pollock) {
  if (!pollock) return undefined;
  const { files, readers } = pollock;
  return paragraphs(
    '## Dirty files: the Pollock benchmark',
    `\`node bench/pollock.mjs CHECKOUT\` over its ${number(files)} polluted files, scored by a port of its own scorer (equal in every measure to the published results of four systems). 10 is all of it.`,
    table(
      ['reader', '>simple', '>weighted'],
      readers.map(({ reader, simple, weighted }) => [reader, number(simple, 3), number(weighted, 3)]),
    ),
    '`--strict` rejects exactly as a dataset does by default. Detection was made with these files at hand. It is about reading, not about speed, and is run by hand: it takes a checkout of the benchmark.',
  );
}
